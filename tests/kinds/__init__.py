"""Tests of hal/kinds: bits as values."""
