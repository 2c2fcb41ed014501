"""What a driver declares, known before any card is open: places, paths, and values that were read."""
