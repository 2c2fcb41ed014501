"""Tests of hal/cli: the command line."""
