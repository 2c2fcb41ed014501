"""PCI functions as the system's files show them, and the checks of them."""
