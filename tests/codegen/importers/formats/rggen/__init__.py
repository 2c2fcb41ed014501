"""rggen."""
