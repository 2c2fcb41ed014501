"""Entries of a map that is right, without pydantic: half of a short run was to import that and to build it."""
