"""What a map says of its device as a whole."""
