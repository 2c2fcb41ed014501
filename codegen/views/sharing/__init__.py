"""What shares bits with others, and what writes take: in words, and as arguments of a driver."""
