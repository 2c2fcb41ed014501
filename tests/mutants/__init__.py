"""Faults that are put into the sources to see whether a test notices: a kept list, and all small ones of a module."""
