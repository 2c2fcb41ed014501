"""Drivers, generated from the maps when the project is built or installed."""
