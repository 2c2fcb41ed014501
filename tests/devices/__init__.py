"""Tests of hal/devices: devices and recordings of them."""
