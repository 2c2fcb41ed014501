"""A map as a register block in SystemVerilog: what its templates see."""
