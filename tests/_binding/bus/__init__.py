"""Tests of hal/_binding/bus."""
