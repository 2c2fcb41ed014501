"""Tests of codegen/views: what a template sees."""
