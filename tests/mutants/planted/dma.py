"""In host memory, transfers and the streaming engine."""

from tests.mutants.planted.fault import Fault

FAULTS = (
    Fault(
        "dma: the card may do all with a buffer",
        "bindings/card/dma/host_memory.c",
        "else if (!(row->directions & direction))",
        "else if (!row->directions)",
        ("tests/dma/test_buffer.py::test_a_direction_is_all_that_the_card_may_do",),
    ),
    Fault(
        "dma: what was moved before an error is forgotten",
        "hal/dma/transfers.py",
        "            problem.done += done\n",
        "            problem.done = 0\n",
        ("tests/dma/test_transfers.py::test_an_error_says_how_much_was_moved_before",),
    ),
    Fault(
        "dma: a closed slot leaves its buffers with the card",
        "hal/slots/sides.py",
        "in list(self._made):\n",
        "in ():\n",
        ("tests/dma/test_buffer.py::test_closing_a_slot_closes_its_buffers",),
    ),
    Fault(
        "sde: a packet that fills its last buffer has no end",
        "hal/sde/sender.py",
        "last=first + size >= total",
        "last=first + size > total",
        ("tests/sde/test_streaming_engine.py::test_descriptors_are_as_the_guide_has_them",),
    ),
    Fault(
        "sde: parts of a packet are not joined",
        "hal/sde/receiver.py",
        'data if len(parts) == 1 else b"".join(parts)',
        "data",
        ("tests/sde/test_streaming_engine.py::test_packets_of_all_sizes_fit_any_ring",),
    ),
)
