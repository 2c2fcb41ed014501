"""A map's text: reading it, positions in it, and what is wrong with it."""
