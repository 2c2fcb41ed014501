"""Libraries with the SDK's interface: finding and loading one, its services, the emulated card's controls."""
