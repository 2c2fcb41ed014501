"""How bits of registers reach the bus: fields, shapes, and the two kinds of accessors."""
