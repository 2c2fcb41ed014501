"""Tests of hal/compat: the vendor's module names."""
