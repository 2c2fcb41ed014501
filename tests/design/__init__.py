"""Tests of hal/design."""
