"""Parts of a driver as the Python template sees it."""
