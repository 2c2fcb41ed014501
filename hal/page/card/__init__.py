"""What a page does with the card: one thread, one poller, and what viewers may ask for."""
