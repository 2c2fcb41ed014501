"""Proving logic against a register map: what is expected, what is done, and what was found."""
