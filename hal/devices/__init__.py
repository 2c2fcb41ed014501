"""Devices on a slot, and recordings of them."""
