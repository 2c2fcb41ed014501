"""What tests of pages share: a slot that all of a file have, and a browser."""

from __future__ import annotations

import pytest

from tests.support.browser import Browser
from tests.support.cards import fresh_slot


@pytest.fixture(scope="module")
def slot_of_all():
    with fresh_slot() as opened:
        yield opened


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        opened.width(1300, 900)
        yield opened
