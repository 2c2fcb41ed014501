"""What is inside of a register: its fields, and what a write of one of them does to the others."""
