"""Registers and memories at their places."""
