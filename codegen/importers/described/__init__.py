"""What readers fill, and what the caller and the report say."""
