"""Memories, and what lies over them."""
