"""The table of commands, and how a run ends: one message on standard error, and an exit code.

Each command's module is imported when the command is asked for, and imports the rest of hal when it runs.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import click

from hal._version import __version__
from hal.cli.defaults import DefaultsGroup
from hal.cli.options import DEBUG
from hal.cli.output import print_error
from hal.cli.uncollected import uncollected

__all__ = ["EXIT_CARD", "EXIT_FAILED", "EXIT_MAP", "EXIT_TIMEOUT", "cli", "exit_code_of", "run"]

EXIT_FAILED, EXIT_USAGE, EXIT_MAP, EXIT_CARD, EXIT_TIMEOUT, EXIT_INTERRUPTED = 1, 2, 3, 4, 5, 130

# Heading: command: module and attribute.
_COMMANDS = {
    "Maps": {
        "new": "hal.cli.maps.edits:new",
        "generate": "hal.cli.maps.generation:generate",
        "validate": "hal.cli.maps.generation:validate",
        "import": "hal.cli.maps.imports:import_",
        "fmt": "hal.cli.maps.edits:fmt",
        "diff": "hal.cli.maps.edits:diff",
        "maps": "hal.cli.maps.facts:maps",
        "info": "hal.cli.maps.facts:info",
        "find": "hal.cli.maps.facts:find",
        "schema": "hal.cli.maps.generation:schema",
        "paths": "hal.cli.maps.generation:paths",
    },
    "Cards": {
        "slots": "hal.cli.cards.slot_commands:slots",
        "describe": "hal.cli.cards.slot_commands:describe",
        "load": "hal.cli.cards.slot_commands:load",
        "clear": "hal.cli.cards.slot_commands:clear",
        "clocks": "hal.cli.cards.slot_commands:clocks",
        "leds": "hal.cli.cards.slot_commands:leds",
        "dip": "hal.cli.cards.slot_commands:dip",
        "emulator": "hal.cli.cards.emulator:emulator",
        "cosim": "hal.cli.cosim.cosim_commands:cosim",
        "fleet": "hal.cli.cards.fleet_commands:fleet",
        "agent": "hal.cli.cards.agent_command:agent",
        "doctor": "hal.cli.cards.doctor:doctor",
    },
    "Registers": {
        "read": "hal.cli.registers.access:read",
        "write": "hal.cli.registers.access:write",
        "dump": "hal.cli.registers.access:dump",
        "restore": "hal.cli.registers.states:restore",
        "watch": "hal.cli.registers.access:watch",
        "serve": "hal.cli.registers.serve:serve",
        "wait": "hal.cli.registers.states:wait",
        "mem": "hal.cli.registers.memories:mem",
        "record": "hal.cli.cards.tapes:record",
        "replay": "hal.cli.cards.tapes:replay",
        "peek": "hal.cli.registers.raw:peek",
        "poke": "hal.cli.registers.raw:poke",
        "shell": "hal.cli.registers.shell:shell",
    },
    "Shell": {"completion": "hal.cli.completion:completion"},
}
# What messages advise programs to write, and what commands have for it.
_SHELL_WORDS = {
    "with hal.open_slot(...).load(...)": "with hal load",
    "hal.open_slot(timeout=...)": "--timeout",
    "verify=False": "--no-verify",
    ", or nothing to end all": ", or none to end all",
    ". The error's `results` hold all": "",
}
_TARGETS = {name: target for names in _COMMANDS.values() for name, target in names.items()}


class LazyGroup(DefaultsGroup):
    """A group that imports a command when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of the table."""
        return list(_TARGETS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, with --debug, which all have."""
        if cmd_name not in _TARGETS:
            return None
        module, _, attribute = _TARGETS[cmd_name].partition(":")
        with uncollected():
            command: click.Command = getattr(import_module(module), attribute)
        if DEBUG not in command.params:
            command.params.append(DEBUG)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """What a wrong name was meant for is told."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches  # noqa: PLC0415

            close = [] if args[0] in _TARGETS else get_close_matches(args[0], _TARGETS, n=1)
            if close and not args[0].startswith("-"):
                raise click.UsageError(f"{error.message} Did you mean {close[0]}?", ctx) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each group of the table under its heading."""
        room = formatter.width - max(map(len, _TARGETS)) - 6  # indent and gap
        for heading, names in _COMMANDS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl([(name, command.get_short_help_str(room)) for name, command in commands if command])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, params=[DEBUG]
)
@click.version_option(__version__, prog_name="hal")
def cli() -> None:
    """Typed Python drivers from FPGA register maps, and cards from the shell.

    SLOT is a slot's number, or ssh://HOST/NUMBER for one of another host; MAP is a YAML file or the name of a map that
    ships with hal; a project says its own in .hal.toml (see docs/command-line.md), and its commands go without. Without
    a card everything runs on an emulated one, which is private to each command and gone when it ends: HAL_EMULATOR=NAME
    makes commands use one that stays, made with hal emulator create NAME.

    \b
    Exit codes:
      0  done
      1  failed
      2  wrong command line: also names that do not exist, and values that do not fit
      3  wrong register map
      4  no card, no library, or no permission
      5  not in time
    """  # noqa: D301  (a mark of click's)


def exit_code_of(error: BaseException) -> int:
    """The documented exit code of an error."""
    from hal import errors  # noqa: PLC0415

    wrong_arguments = (
        errors.FieldNameError,
        errors.FieldValueError,
        errors.FieldTypeError,
        errors.AccessError,
        errors.AddressError,
    )
    table: list[tuple[int, tuple[type[BaseException], ...]]] = [
        (EXIT_MAP, (errors.MapError,)),
        (EXIT_CARD, (errors.CardMissingError, errors.CardPermissionError, errors.LibraryError)),
        (EXIT_TIMEOUT, (TimeoutError,)),
        (EXIT_USAGE, wrong_arguments),
    ]
    return next((code for code, kinds in table if isinstance(error, kinds)), EXIT_FAILED)


def _in_shell_words(message: str) -> str:
    """A message whose advice is for programs, for those who type commands."""
    for said, typed in _SHELL_WORDS.items():
        message = message.replace(said, typed)
    return message


def run() -> None:
    """Runs the command line, and exits."""
    from hal.errors import HalError, MapError  # noqa: PLC0415

    state: dict[str, Any] = {}
    try:
        code = cli.main(prog_name="hal", standalone_mode=False, obj=state)
    except click.exceptions.NoArgsIsHelpError as error:
        print_error(error.format_message())
        sys.exit(error.exit_code)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        told = f" ({context.command_path} -h tells more)" if context is not None else ""
        print_error(f"{context.command_path if context is not None else 'hal'}: {error.format_message()}{told}")
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except (HalError, ImportError, OSError) as error:
        if state.get("debug"):
            raise
        print_error(str(error) if isinstance(error, MapError) else f"hal: {_in_shell_words(str(error))}")
        sys.exit(exit_code_of(error))
    sys.exit(code)
