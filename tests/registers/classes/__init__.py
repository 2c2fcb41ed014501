"""Tests of hal/registers: registers, memories, blocks and what is done with many of them."""
