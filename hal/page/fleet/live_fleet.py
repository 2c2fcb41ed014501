"""The page of a fleet from its parts: what `hal fleet serve` runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hal.fleet.drivers import ship
from hal.page.fleet.cluster_link import ClusterLink
from hal.page.fleet.fleet_page import FleetPage
from hal.page.fleet.messages import Joining
from hal.page.live import serve_page
from hal.page.page_files import page_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hal.generator.apart import ShownMap
    from hal.page.live import Admission, LiveOptions

__all__ = ["FLEET_ASSETS", "run_fleet_page"]

FLEET_ASSETS = Path(__file__).parent / "assets"


def run_fleet_page(
    shown: Sequence[ShownMap],
    options: LiveOptions,
    tell: Callable[[str], None],
    *,
    address: str | None = None,
    emulated: int | None = None,
    library: str | None = None,
) -> None:
    """Joins the fleet, as `hal.fleet.connect` does, and serves its page until Ctrl-C; leaves it then.

    `shown`: maps whose designs cards may hold. FleetError where the fleet can't be had.
    """
    drivers = [one.driver for one in shown]
    shipped = tuple(ship(driver, is_generated=True) for driver in drivers)
    cluster = ClusterLink(Joining(address, emulated, library, shipped))

    def made(admission: Admission) -> FleetPage:
        documents = [one.document for one in shown]
        given = admission._asdict()
        return FleetPage(cluster, drivers, documents, page_files(FLEET_ASSETS), interval=options.interval, **given)

    try:
        serve_page(options, made, tell)
    finally:
        cluster.end()
