"""Line breaks that YAML 1.1 knows and people don't see: what follows one in a comment would be read as a key."""

from __future__ import annotations

import re

__all__ = ["stray_line_break"]

_UNSEEN = re.compile("[\x85\u2028\u2029]")


def stray_line_break(text: str) -> int | None:
    """Return where the first U+0085, U+2028 or U+2029 outside of quoted text stands, or None.

    Where the text can't be read to that place, there is none: something before it is wrong.
    """
    place = None if text.isascii() else _next(text, 0)
    if place is None:
        return None
    # Nearly no text has such a break.
    import yaml  # noqa: PLC0415

    from codegen.source.forms.yaml_events import events  # noqa: PLC0415

    try:
        for event in events(text):
            if event.start_mark is None or event.end_mark is None:
                continue
            if place < event.start_mark.index:
                return place
            is_quoted = isinstance(event, yaml.ScalarEvent) and event.style in {"'", '"'}
            if is_quoted and place < event.end_mark.index:
                place = _next(text, event.end_mark.index)
                if place is None:
                    return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return place if mark is None or place < mark.index else None
    return place


def _next(text: str, start: int) -> int | None:
    found = _UNSEEN.search(text, start)
    return None if found is None else found.start()
