"""Errors as programs for the vendor's classes catch them."""

from __future__ import annotations

import pytest


def refused(action, kind, match):
    """The error of an action; whatever else it is, it is what a vendor program catches."""
    with pytest.raises(RuntimeError, match=match) as raised:
        action()
    assert isinstance(raised.value, kind)
    return raised.value
