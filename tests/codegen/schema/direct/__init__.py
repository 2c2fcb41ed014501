"""Tests of codegen/schema: what a map may say."""
