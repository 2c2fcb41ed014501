"""Where pinned host memory with a device address comes from: one module a kind."""
