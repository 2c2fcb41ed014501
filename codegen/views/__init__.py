"""What templates see: frozen, every decision taken."""
