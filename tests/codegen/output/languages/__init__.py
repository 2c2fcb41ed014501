"""Tests of codegen/output/languages: what each language makes of a map."""
