"""The forms that a text may have: the usual one, and all of YAML."""
