"""Parts of entries that have keys of their own."""
