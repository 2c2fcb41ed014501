"""Hostile objects and threads against the public API, held to a model of every register."""
