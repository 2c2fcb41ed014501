"""Tests of regmaps: the shipped maps."""
