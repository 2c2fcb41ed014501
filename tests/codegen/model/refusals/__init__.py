"""Tests of codegen/model/refusals: where a map says what a language refuses."""
