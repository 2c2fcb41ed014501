"""Register descriptions of other formats, which other tools and `hal import` read."""
