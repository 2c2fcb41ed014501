"""Descriptions made such that a map can hold them."""
