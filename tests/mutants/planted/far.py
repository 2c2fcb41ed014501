"""Slots of other hosts: what is believed of the other side, and what is known when it is gone."""

from __future__ import annotations

from tests.mutants.planted.fault import Fault

__all__ = ["FAULTS"]

CHANNEL, ACCESS, SERVICE = (f"bindings/core/remote/{name}.c" for name in ("channel", "agent_access", "agent_service"))
TESTS = "tests/_binding/far/test_remote.py"

FAULTS = (
    Fault(
        "far: a code of this process alone is taken from the other side",
        CHANNEL,
        " || !is_code(head.code)",
        "",
        (f"{TESTS}::test_a_code_of_this_process_alone_is_no_answer",),
        ends=("ReplayError",),
    ),
    Fault(
        "far: the late answer to an interrupted request is taken for the next one's",
        CHANNEL,
        "head.kind == (WIRE_WORKING | WIRE_ANSWER) || ahead < 0",
        "head.kind == (WIRE_WORKING | WIRE_ANSWER)",
        (f"{TESTS}::test_an_answer_that_nobody_waits_for_is_passed_over",),
    ),
    Fault(
        "far: what an interrupted attach has attached stays attached",
        CHANNEL,
        "        if (ahead < 0)\n            pass_over(call, &head);\n",
        "",
        (f"{TESTS}::test_what_an_interrupted_attach_has_attached_is_given_back",),
    ),
    Fault(
        "far: what is dropped in the middle of a request stays attached",
        "bindings/core/remote/client.c",
        "        far_leave_bar(far, bar);\n",
        "",
        (f"{TESTS}::test_a_handler_in_the_middle_of_a_request_does_not_wait_for_it",),
    ),
    Fault(
        "far: a request that was sent is told as one that was not",
        CHANNEL,
        "        if (moved == 0)\n            return lost(far, HAL_LOST_ENDED, true);",
        "        if (moved == 0)\n            return lost(far, HAL_LOST_ENDED, false);",
        (f"{TESTS}::test_a_loss_says_that_it_is_not_known",),
    ),
    Fault(
        "far: parts of a transfer are made after one that failed",
        ACCESS,
        "agent->has_broken && agent->broken == wire.transfer",
        "agent->has_broken && agent->broken != wire.transfer",
        (f"{TESTS}::test_the_message_after_a_part_that_failed_is_not_made",),
    ),
    Fault(
        "far: the number of what was attached before is believed",
        SERVICE,
        "number && agent->bars[place].number == number",
        "number && agent->bars[place].number",
        (f"{TESTS}::test_an_agent_answers_as_the_bus_does",),
    ),
)
