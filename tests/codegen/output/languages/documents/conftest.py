"""One browser for all pages of this room."""

from __future__ import annotations

import pytest

from tests.support.browser import Browser


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found
