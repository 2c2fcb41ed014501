"""Texts with the place of every value: XML, Hjson and JSON, YAML."""
