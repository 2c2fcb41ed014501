"""One reader a format: text to a description."""
