"""What is in one block: names that stand once, and things that share an address."""
