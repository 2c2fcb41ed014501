"""What a page is to browsers: the gate, what they ask for, and the server."""
