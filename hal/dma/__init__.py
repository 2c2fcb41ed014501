"""Host memory that a card reaches, and transfers between the host's memory and the card's."""
