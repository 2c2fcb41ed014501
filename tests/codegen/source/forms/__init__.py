"""Tests of codegen/source: text, positions, problems."""
