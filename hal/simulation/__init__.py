"""Simulated logic from the side of a program: its time, waves, ports and interrupts, and what was touched."""
