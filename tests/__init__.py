"""Tests: a folder for each folder of the sources, a file for each module or subject."""
