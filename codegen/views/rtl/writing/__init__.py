"""SystemVerilog as text, and names in it."""
