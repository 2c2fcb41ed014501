"""Accesses to attached BARs: words, buffers, prepared ports, lists of many."""
