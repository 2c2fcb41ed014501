"""How `hal fmt` writes a text anew, what it keeps, and what needs no writing."""
