"""The map of a settled description, as data and as text."""
