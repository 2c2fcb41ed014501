"""What the kernel's drivers have of a card of the SDK's library."""

from __future__ import annotations

from tests.sdk.fake_bus import APP


def test_interrupts_go_by_the_functions_address(machine):
    """Not by the slot's number, which is none of the driver's."""
    (told,) = machine.run(
        """
        import hal
        slot = hal.open_slot(0)
        try:
            slot.interrupt(3)
        except hal.InterruptError as error:
            print(error)
        """
    )
    assert told.startswith(
        f"slot 0 ({APP}), line 3: interrupts need uio_pci_generic, vfio-pci or the XDMA driver: bind"
    )
    assert "xdma0" not in told
