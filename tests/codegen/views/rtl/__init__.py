"""Tests of codegen/views/rtl: maps as logic, in simulators."""
