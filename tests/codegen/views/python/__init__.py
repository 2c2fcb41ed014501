"""Tests of codegen/views/python: parts of drivers."""
