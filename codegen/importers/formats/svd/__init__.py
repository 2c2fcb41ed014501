"""CMSIS-SVD."""
