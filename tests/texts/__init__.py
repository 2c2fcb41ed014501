"""Tests of hal/texts: what people type and are shown."""
