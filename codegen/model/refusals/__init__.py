"""What a language can't make of a map, and where it stands there."""
