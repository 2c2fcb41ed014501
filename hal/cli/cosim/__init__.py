"""Commands for simulated logic."""
