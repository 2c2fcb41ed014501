"""Names of a map as identifiers of other languages."""
