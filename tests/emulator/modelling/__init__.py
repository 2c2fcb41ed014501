"""Tests of hal/emulator/modelling: what models are made of."""
