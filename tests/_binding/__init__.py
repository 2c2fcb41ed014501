"""Tests of hal/_binding: the typed calls into the library."""
