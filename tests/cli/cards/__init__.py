"""Tests of hal/cli/cards."""
