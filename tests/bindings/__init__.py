"""Tests of bindings: the C libraries, as programs in C see them."""
