"""Tests of the project's own files: manual, dependencies, `make`."""
