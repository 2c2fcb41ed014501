"""Commands on register maps."""
