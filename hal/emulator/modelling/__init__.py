"""What models are made of: the registers and memories of their design from the hardware's side, and handlers."""
