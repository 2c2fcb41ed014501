"""A small design that is alive, on an emulated card of its own: `hal serve --demo`."""
