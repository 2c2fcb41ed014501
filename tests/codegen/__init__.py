"""Tests of codegen: from the text of a map to files."""
