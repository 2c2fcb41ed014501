"""What the commands share: options, and the parameter types that also complete words in a shell."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from hal.cli.defaults import find_defaults
from hal.codes import SLOTS, SPACES, Pf

__all__ = [
    "AFI",
    "ASSIGNMENT",
    "AWAITED",
    "BAR",
    "CARD",
    "CHOICE",
    "DEBUG",
    "F2_BAR",
    "LANGUAGE",
    "MAP",
    "MAP_PLACE",
    "NUMBER",
    "PATH",
    "SETTING",
    "SLOT",
    "card_options",
    "effects_option",
    "library_option",
    "map_options",
    "set_option",
    "timeout_option",
    "verify_option",
]

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # generic for type checkers alone in older versions

F = TypeVar("F", bound=Callable[..., Any])
BarName = tuple[str, int]

_BARS = {f"{Pf(pf).name.lower()}:{bar}": (Pf(pf).name.lower(), bar) for pf, bar in SPACES}
_PCI_BARS = {f"app:{bar}": ("app", bar) for bar in range(6)}  # of other cards


class _SlotType(click.IntRange):
    """A number, or a slot of another host."""

    name = "slot"

    def __init__(self) -> None:
        super().__init__(0, SLOTS - 1)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """ssh://HOST/SLOT stays as it is."""
        from hal.remote.address import SCHEME, address_of  # noqa: PLC0415

        if isinstance(value, str) and value.startswith(SCHEME):
            return address_of(value).url
        return super().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The slots that are there."""
        from hal.cli.slots import present_slots  # noqa: PLC0415

        with suppress(Exception):  # what can't be found out offers nothing
            slots = [str(slot.number) for slot in present_slots(ctx.params.get("library"))]
            return [CompletionItem(slot) for slot in slots if slot.startswith(incomplete)]
        return []


class _MapType(ParamType):
    """A YAML file, or the name of a shipped map; `hal.load_map` tells them apart. `places`: also those of `map_at`."""

    name = "map"

    def __init__(self, *, places: bool = False) -> None:
        self._places = places

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        """As it is. A name that no map has is told before anything else is done."""
        from hal.cli.maps.map_arguments import map_file  # noqa: PLC0415

        name: str = value
        if self._places:
            from hal.cli.maps.map_places import is_place  # noqa: PLC0415

            if is_place(name):
                return name
        map_file(name)
        return name

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Names of shipped maps; where none begins like this, files."""
        from hal.generator.package import shipped_maps  # noqa: PLC0415

        here = [str(path) for path in sorted(Path().glob("*.yaml")) if str(path).isprintable()]
        names = [name for name in (*shipped_maps(), *here) if name.startswith(incomplete)]
        return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]


class _LanguageType(ParamType):
    """An output language of the generator, or one of the command's folder of templates."""

    name = "language"

    def shell_complete(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """All there are."""
        from hal.cli.maps.map_arguments import generator  # noqa: PLC0415

        with suppress(Exception):  # what can't be found out offers nothing
            registry = generator("output.languages.registry")
            folder = ctx.params.get("templates")
            known = registry.language_names(None if folder is None else Path(folder))
            return [CompletionItem(name) for name in known if name.startswith(incomplete)]
        return []


def _map_of(ctx: click.Context) -> str:
    """What the command's MAP argument is."""
    if ctx.params.get("map_name") is None:  # an option without its value comes last: the words are not parsed then
        ctx = ctx.command.make_context(ctx.info_name, [*ctx.args], resilient_parsing=True)
    found: str = ctx.params["map_name"]
    return found


class _PathType(ParamType):
    """A place in the map that the command's MAP argument names, e.g. ch[2].level.value."""

    name = "path"

    def shell_complete(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Registers and fields of the map."""
        from hal.generator.driver import load_driver  # noqa: PLC0415
        from hal.texts.typed import complete_path  # noqa: PLC0415

        with suppress(Exception):  # what can't be found out offers nothing
            driver = load_driver(_map_of(ctx)).driver
            return [CompletionItem(path) for path in complete_path(driver, incomplete)]
        return []


class _AssignmentType(_PathType):
    """PATH=VALUE, to be written or to be read."""

    name = "assignment"

    def __init__(self, *, writing: bool) -> None:
        self._writing = writing

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The path and the value's text."""
        path, sign, text = value.partition("=")
        if not sign or not path or not text:
            self.fail(f"{value!r} is no PATH=VALUE, as in ctrl.enable=1", param, ctx)
        return path, text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Paths, and behind the sign the members of an enum."""
        from hal.generator.driver import load_driver  # noqa: PLC0415
        from hal.texts.typed import complete_value  # noqa: PLC0415

        if "=" not in incomplete:
            return super().shell_complete(ctx, param, incomplete)
        with suppress(Exception):
            driver = load_driver(_map_of(ctx)).driver
            return [CompletionItem(text) for text in complete_value(driver, incomplete, writing=self._writing)]
        return []


class _AfiType(ParamType):
    """An AFI's id, or what names one."""

    name = "afi"

    def shell_complete(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Ids and names of the emulated card's, and names of shipped maps."""
        from hal._binding.sdk.discovery import find_library  # noqa: PLC0415
        from hal.generator.package import shipped_maps  # noqa: PLC0415

        known: list[tuple[str, str | None]] = []
        with suppress(Exception):  # what can't be found out offers nothing
            card = find_library(ctx.params.get("library")).card
            for afi, name in card.designs() if card is not None else ():
                known += [(afi, name), (name, afi)]
        known += [(name, None) for name in shipped_maps()]
        return [CompletionItem(word, help=told) for word, told in known if word.startswith(incomplete)]


class _CardType(ParamType):
    """The name of a shared emulated card."""

    name = "name"

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """All of this user."""
        from hal.emulator.shared_cards import shared_cards  # noqa: PLC0415

        with suppress(Exception):  # what can't be found out offers nothing
            return [CompletionItem(card.name) for card in shared_cards() if card.name.startswith(incomplete)]
        return []


class _NumberType(ParamType):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """From decimal, 0x, 0b or 0o; underscores may group digits."""
        try:
            return int(value, 0) if isinstance(value, str) else int(value)
        except ValueError:
            self.fail(f"{value!r} is no integer: give e.g. 16, 0x10 or 0b1_0000", param, ctx)


class _SettingType(ParamType):
    name = "setting"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """A constant's name and its number."""
        name, _, text = value.partition("=")
        try:
            return name, int(text, 0)
        except ValueError:
            self.fail(f"{value!r} is no NAME=NUMBER, as in DEPTH=0x100", param, ctx)


class _ChoiceType(ParamType):
    name = "choice"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """An option of a language, and the word that is chosen."""
        name, found, word = value.partition("=")
        if not found or not all(name.partition(".")):
            self.fail(f"{value!r} is no LANGUAGE.NAME=WORD, as in rtl.bus=apb", param, ctx)
        return name, word


class _BarType(ParamType):
    name = "bar"

    def __init__(self, known: dict[str, BarName]) -> None:
        self._known = known

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> BarName:
        """From app:0, mgmt:4 and the like."""
        if value not in self._known:
            others = "" if self._known is _BARS else "; of other cards app:0 to app:5"
            self.fail(f"{value!r} is no BAR: there are {', '.join(_BARS)}{others}", param, ctx)
        return self._known[value]

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """All there are."""
        return [CompletionItem(name) for name in _BARS if name.startswith(incomplete)]


SLOT, MAP, MAP_PLACE, PATH = _SlotType(), _MapType(), _MapType(places=True), _PathType()
ASSIGNMENT, AWAITED = _AssignmentType(writing=True), _AssignmentType(writing=False)
LANGUAGE = _LanguageType()
AFI, CARD = _AfiType(), _CardType()
NUMBER, BAR, SETTING, CHOICE = _NumberType(), _BarType(_BARS | _PCI_BARS), _SettingType(), _ChoiceType()
F2_BAR = _BarType(_BARS)


def _set_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(dict)["debug"] = True


DEBUG = click.Option(
    ["--debug"], is_flag=True, expose_value=False, callback=_set_debug, help="Show the traceback of an error."
)


def set_option(function: F) -> F:
    """--set of commands that read maps."""
    return click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=NUMBER",
        type=SETTING,
        help="A value for one of the map's constants; may be given several times.",
    )(function)


def _library_of(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """What is given, else what HAL_LIBRARY says, else the project's."""
    return value if value is not None or os.environ.get("HAL_LIBRARY") else find_defaults().library


def library_option(function: F) -> F:
    """--library, which every command that reaches a card has."""
    return click.option(
        "--library",
        callback=_library_of,
        metavar="LIBRARY",
        help="sdk, emulator, emulator:NAME for a shared card, pci or pci:FUNCTIONS for any PCI card, "
        "replay:FILE for a recording, or a path; without it HAL_LIBRARY, what the "
        "project says, or what the PCI bus shows.",
    )(function)


def verify_option(function: F) -> F:
    """--no-verify of commands that open a driver."""
    return click.option("--verify/--no-verify", default=True, help="Whether the slot must hold the map's design.")(
        function
    )


def card_options(function: F) -> F:
    """--library and --json."""
    return library_option(click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function))


def map_options(function: F) -> F:
    """Those of card_options, and --no-verify."""
    return card_options(verify_option(function))


def effects_option(function: F) -> F:
    """--effects of commands that read many registers."""
    return click.option("--effects", is_flag=True, help="Also read registers that reading changes.")(function)


def timeout_option(function: F) -> F:
    """--timeout in seconds."""
    return click.option(
        "--timeout", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds to wait."
    )(function)
