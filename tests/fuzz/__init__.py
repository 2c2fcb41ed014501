"""Fuzzing of the map loader and of every renderer. `python -m tests.fuzz --seconds 60`."""
