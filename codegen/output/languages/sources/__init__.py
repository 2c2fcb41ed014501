"""Sources for hardware, verification and firmware in languages besides C and SystemVerilog."""
