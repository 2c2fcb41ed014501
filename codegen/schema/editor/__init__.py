"""The map format as editors are told of it."""
