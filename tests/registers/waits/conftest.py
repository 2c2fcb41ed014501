"""A job on the card."""

from __future__ import annotations

import pytest

from tests.registers.waits.job import job_driver
from tests.support.cards import on_card


@pytest.fixture(scope="session")
def job_class():
    return job_driver()


@pytest.fixture
def job(slot, job_class):
    with on_card(slot, job_class) as device:
        yield device
