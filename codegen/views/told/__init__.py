"""What a map says of things, one by one: for languages that hold some of it, and tell the rest."""
