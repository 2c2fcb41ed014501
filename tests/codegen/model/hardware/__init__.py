"""Tests of codegen/model: what a map means."""
