"""Tests of hal/_binding/sdk."""
