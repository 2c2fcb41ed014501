"""Builds the C parts under the compilers' sanitizers and runs the tests on them."""
