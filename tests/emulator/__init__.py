"""Tests of hal/emulator: the emulated card's controls."""
