"""What fields hold: enums, formats of numbers, and values after a reset."""
