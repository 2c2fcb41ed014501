"""The languages that maps are generated into: which files, from which templates, with which views."""
