"""The page of a map: formatted texts, and what its script draws from."""
