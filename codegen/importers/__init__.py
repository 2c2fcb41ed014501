"""Register descriptions of other formats as maps."""
