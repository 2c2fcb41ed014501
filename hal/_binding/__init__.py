"""The one package that touches the compiled extension: codes become exceptions, and Any ends, here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hal._binding.accelerator import (
    BatchReader,
    ClassStatements,
    HandleUser,
    PendingRead,
    PreparedRead,
    PreparedReads,
    accelerated,
    in_c,
    sweep_words,
)
from hal._binding.access_lock import AccessLock
from hal._binding.bus.awaited_words import ADAPTIVE, Ask, AwaitedWords, Term, wait_pause
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
from hal._binding.bus.memos import (
    MemoRow,
    copied_memos,
    forget_memos,
    give_memos,
    memo_words,
    new_memos,
    set_memos,
    set_spare,
    spare_of,
)
from hal._binding.bus.ports import (
    HeldStep,
    PortRow,
    asked_words,
    port_plans,
    read_full,
    read_wide,
    run_held,
    update_lane,
    update_wide,
    word_port,
    write_wide,
)
from hal._binding.bus.steps import CollectingBar, StepList
from hal._binding.bus.sweeps import Sweep, SweepRow, differing, word_list
from hal._binding.extension import (
    BIG_ENDIAN,
    CHECK,
    HIGH_FIRST,
    LOCKED_CODE,
    LOW_FIRST,
    MISSING_CODE,
    MODIFY,
    TIMEOUT_CODE,
    UNKNOWN_CODE,
    VALUE_CODE,
    WRITE,
    address_of,
    get,
    modify,
    put,
    update,
)
from hal._binding.forks import fork_waits_for
from hal._binding.raising import (
    ERRNO_ABSENT,
    MODEL_FAILED,
    NOT_ON_CARD,
    REASONS,
    bus_timeout,
    exception_of,
    explain_replay,
    passed,
    pending_error,
    raise_code,
    tell_of_staleness,
)

if TYPE_CHECKING:
    from hal._binding.file_locks import (
        close_lock_file,
        hand_over_lock_file,
        open_lock_file,
        open_plain_lock_file,
        wait_for_lock,
    )
    from hal._binding.sdk.abi import sdk_functions, struct_sizes
    from hal._binding.sdk.card import Card, LoadedDesign
    from hal._binding.sdk.library import ConnectionFacts, HeldLock, Library
    from hal._binding.sdk.lines import Lines
    from hal._binding.sdk.pace import REAL_TIME
    from hal._binding.sdk.served import SERVED_FAILED, Request, Served
    from hal._binding.tapes.asked_for import record_process
    from hal._binding.tapes.tape import ReplayLibrary, TapeEntry, record_start, record_stop, record_take

__all__ = [
    "ADAPTIVE",
    "BIG_ENDIAN",
    "CHECK",
    "ERRNO_ABSENT",
    "HIGH_FIRST",
    "LOCKED_CODE",
    "LOW_FIRST",
    "MISSING_CODE",
    "MODEL_FAILED",
    "MODIFY",
    "NOT_ON_CARD",
    "REAL_TIME",
    "REASONS",
    "SERVED_FAILED",
    "TIMEOUT_CODE",
    "UNKNOWN_CODE",
    "VALUE_CODE",
    "WRITE",
    "AccessLock",
    "Ask",
    "AwaitedWords",
    "Bar",
    "BatchReader",
    "Card",
    "ClassStatements",
    "CollectingBar",
    "ConnectionFacts",
    "HandleUser",
    "HeldLock",
    "HeldStep",
    "Library",
    "Lines",
    "LoadedDesign",
    "MemoRow",
    "PendingRead",
    "PortRow",
    "PreparedRead",
    "PreparedReads",
    "ReplayLibrary",
    "Request",
    "Served",
    "StepList",
    "Sweep",
    "SweepRow",
    "TapeEntry",
    "Term",
    "accelerated",
    "address_of",
    "asked_words",
    "attach",
    "bus_timeout",
    "close_lock_file",
    "copied_memos",
    "detach",
    "differing",
    "exception_of",
    "explain_replay",
    "forget_memos",
    "fork_waits_for",
    "get",
    "give_memos",
    "hand_over_lock_file",
    "handle_address",
    "handle_fill",
    "handle_peek",
    "handle_place",
    "handle_poke",
    "handle_write_words",
    "in_c",
    "memo_words",
    "modify",
    "new_memos",
    "numbers_of",
    "open_lock_file",
    "open_plain_lock_file",
    "passed",
    "pending_error",
    "port_plans",
    "put",
    "raise_code",
    "read_full",
    "read_wide",
    "record_process",
    "record_start",
    "record_stop",
    "record_take",
    "room_of",
    "run_held",
    "sdk_functions",
    "set_memos",
    "set_spare",
    "spare_of",
    "struct_sizes",
    "sweep_words",
    "tell_of_staleness",
    "update",
    "update_lane",
    "update_wide",
    "wait_for_lock",
    "wait_pause",
    "word_list",
    "word_port",
    "words_of",
    "write_wide",
]

# What only an opened slot needs is imported when it is first asked for: importing a driver is to be quick.
_LATER = {
    name: module
    for module, names in {
        "file_locks": "close_lock_file hand_over_lock_file open_lock_file open_plain_lock_file wait_for_lock",
        "sdk.abi": "sdk_functions struct_sizes",
        "sdk.card": "Card LoadedDesign",
        "sdk.library": "ConnectionFacts HeldLock Library",
        "sdk.lines": "Lines",
        "sdk.pace": "REAL_TIME",
        "sdk.served": "SERVED_FAILED Request Served",
        "tapes.asked_for": "record_process",
        "tapes.tape": "ReplayLibrary TapeEntry record_start record_stop record_take",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    return found
