"""rggen's register maps."""
