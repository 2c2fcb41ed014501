"""The generator as the runtime uses it; needs the full install."""
