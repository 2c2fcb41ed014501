"""Register classes before they are made."""
