"""Registers, memories and blocks in their tree, and what is done with many of them."""
