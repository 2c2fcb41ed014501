"""The binding on a library that reaches its card through the system's files, as the vendor's does."""
