"""Registers in words: paths and values that people type, and readings, writes and dumps as they see them."""
