"""Tests of hal/cli/registers."""
