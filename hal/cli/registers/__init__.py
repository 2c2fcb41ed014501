"""Commands on the registers of a card."""
