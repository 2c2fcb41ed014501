"""Interrupt lines: what a driver declares, where requests come from, and who waits for them."""
