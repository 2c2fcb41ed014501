"""A slot of the machine: images, clocks, locks between processes, and what is wrong with it."""
