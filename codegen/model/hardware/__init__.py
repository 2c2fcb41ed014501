"""What hardware does to fields, for generated logic and for models of it."""
