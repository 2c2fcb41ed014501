"""The emulated card from Python: designs, models, faults, shared cards."""
