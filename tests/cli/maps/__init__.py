"""Tests of hal/cli/maps."""
