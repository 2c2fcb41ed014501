"""Snapshots of open devices, and writing them back."""
