"""`python -m tests.fuzz --seconds 60 [--seed N] [--engine hypothesis|atheris]`: exit code 0 when every promise held.

Half of the time is for hostile maps, half for hostile objects and threads, in processes of their own.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings

_ROUND = 100


def fuzz_with_hypothesis(seconds: float, first_seed: int) -> None:
    """Rounds of generated maps until the time is over; a failure is shrunk and shown."""
    from hypothesis import HealthCheck, given, seed, settings
    from hypothesis import strategies as st

    from tests.fuzz.grammar import texts_of_maps
    from tests.fuzz.hostile import FILES
    from tests.fuzz.target import Count, check_map

    end = time.monotonic() + seconds

    @settings(max_examples=_ROUND, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(texts_of_maps(), st.sampled_from(FILES))
    def one_round(text: str, name: str) -> None:
        if time.monotonic() < end:
            check_map(text, name)

    number = first_seed
    while time.monotonic() < end:
        seed(number)(one_round)()
        number += 1
    print(
        f"{Count.accepted} maps accepted, {Count.refused} refused, slowest load {Count.slowest * 1000:.0f} ms, "
        f"seeds {first_seed} to {number - 1}"
    )


def fuzz_with_atheris(seconds: float, first_seed: int) -> None:
    """Coverage-guided: bytes are the choices that hypothesis makes, so that mutation follows the grammar."""
    import atheris

    with atheris.instrument_imports(include=["codegen"]):
        import codegen  # noqa: F401
    from hypothesis import HealthCheck, given, settings

    from tests.fuzz.grammar import texts_of_maps
    from tests.fuzz.target import check_map

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(texts_of_maps())
    def one(text: str) -> None:
        check_map(text)

    arguments = [
        sys.argv[0],
        f"-max_total_time={int(seconds)}",
        f"-seed={first_seed or 1}",
        "-timeout=30",
        "-max_len=16384",
        "-len_control=0",
    ]
    atheris.Setup(arguments, one.hypothesis.fuzz_one_input)
    atheris.Fuzz()


def fuzz_the_api(seconds: float, first_seed: int) -> None:
    """Each kind of attack in both kinds of accessors."""
    from tests.fuzz.api.attack import MODES, attack

    kinds = [(kind, mode) for kind in ("calls", "storm", "interrupts", "threads") for mode in MODES]
    for kind, mode in kinds:
        print(attack(kind, mode, first_seed, sys.maxsize, seconds / len(kinds)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="of the first round; a failing run prints it")
    parser.add_argument("--engine", choices=["hypothesis", "atheris"], default="hypothesis")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    seed = random.SystemRandom().randrange(1 << 32) if given.seed is None else given.seed
    print(f"fuzzing for {given.seconds:g} s from seed {seed}", flush=True)
    fuzz_the_api(given.seconds / 2, seed)
    {"hypothesis": fuzz_with_hypothesis, "atheris": fuzz_with_atheris}[given.engine](given.seconds / 2, seed)


if __name__ == "__main__":
    main()
