"""What may be said in a map: keys, words, names, and one way to write them."""
