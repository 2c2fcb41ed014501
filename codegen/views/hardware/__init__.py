"""The hardware's side: in words, and as arguments of a driver."""
