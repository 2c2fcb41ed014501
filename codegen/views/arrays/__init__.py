"""What the Python template sees of arrays."""
