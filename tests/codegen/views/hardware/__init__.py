"""Tests of codegen/model/blocks: what is in one block."""
