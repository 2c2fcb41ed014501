"""What a map means: types resolved, defaults filled in, checked across places."""
