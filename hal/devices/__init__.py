"""Devices on a slot: blocks, arrays, batches, snapshots, recordings."""
