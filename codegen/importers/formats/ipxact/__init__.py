"""IP-XACT."""
