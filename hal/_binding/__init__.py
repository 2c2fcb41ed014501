"""The one package that touches the compiled extension: codes become exceptions, and Any ends, here."""

from __future__ import annotations

from hal._binding.accelerator import HandleUser, accelerated, in_c
from hal._binding.access_lock import AccessLock
from hal._binding.bus.bars import Bar
from hal._binding.bus.buffers import numbers_of, room_of, words_of
from hal._binding.bus.handles import (
    attach,
    detach,
    handle_address,
    handle_fill,
    handle_peek,
    handle_place,
    handle_poke,
    handle_write_words,
)
from hal._binding.bus.ports import (
    HeldStep,
    PortRow,
    port_plans,
    read_full,
    read_wide,
    run_held,
    update_wide,
    wait,
    wait_wide,
    word_port,
    write_wide,
)
from hal._binding.bus.steps import CollectingBar, StepList
from hal._binding.bus.sweeps import Sweep, SweepRow, word_list
from hal._binding.extension import (
    BIG_ENDIAN,
    CHECK,
    HIGH_FIRST,
    LOCKED_CODE,
    LOW_FIRST,
    MISSING_CODE,
    MODIFY,
    TIMEOUT_CODE,
    VALUE_CODE,
    WRITE,
    address_of,
    get,
    modify,
    put,
    update,
)
from hal._binding.file_locks import close_lock_file, hand_over_lock_file, open_lock_file, wait_for_lock
from hal._binding.forks import fork_waits_for
from hal._binding.raising import (
    ERRNO_ABSENT,
    MODEL_FAILED,
    REASONS,
    bus_timeout,
    exception_of,
    explain_replay,
    passed,
    raise_code,
)
from hal._binding.sdk.abi import sdk_functions, struct_sizes
from hal._binding.sdk.card import Card, LoadedDesign
from hal._binding.sdk.library import Library
from hal._binding.sdk.tape import ReplayLibrary, TapeEntry, record_start, record_stop, record_take

__all__ = [
    "BIG_ENDIAN",
    "CHECK",
    "ERRNO_ABSENT",
    "HIGH_FIRST",
    "LOCKED_CODE",
    "LOW_FIRST",
    "MISSING_CODE",
    "MODEL_FAILED",
    "MODIFY",
    "REASONS",
    "TIMEOUT_CODE",
    "VALUE_CODE",
    "WRITE",
    "AccessLock",
    "Bar",
    "Card",
    "CollectingBar",
    "HandleUser",
    "HeldStep",
    "Library",
    "LoadedDesign",
    "PortRow",
    "ReplayLibrary",
    "StepList",
    "Sweep",
    "SweepRow",
    "TapeEntry",
    "accelerated",
    "address_of",
    "attach",
    "bus_timeout",
    "close_lock_file",
    "detach",
    "exception_of",
    "explain_replay",
    "fork_waits_for",
    "get",
    "hand_over_lock_file",
    "handle_address",
    "handle_fill",
    "handle_peek",
    "handle_place",
    "handle_poke",
    "handle_write_words",
    "in_c",
    "modify",
    "numbers_of",
    "open_lock_file",
    "passed",
    "port_plans",
    "put",
    "raise_code",
    "read_full",
    "read_wide",
    "record_start",
    "record_stop",
    "record_take",
    "room_of",
    "run_held",
    "sdk_functions",
    "struct_sizes",
    "update",
    "update_wide",
    "wait",
    "wait_for_lock",
    "wait_wide",
    "word_list",
    "word_port",
    "words_of",
    "write_wide",
]
