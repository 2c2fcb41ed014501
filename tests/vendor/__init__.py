"""Tests of hal/vendor: the vendor's Python interface."""
