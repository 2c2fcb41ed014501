"""Tests of hal/access: fields, shapes and accessors."""
