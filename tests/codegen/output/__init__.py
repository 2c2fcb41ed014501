"""Tests of codegen/output: files."""
