"""What a command prints: text for people, or one JSON object; progress and complaints go to standard error."""

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click
from rich.console import Console

progress_console = Console(stderr=True)


def _json_option() -> click.Option:
    return click.Option(
        ["--json", "as_json"],
        is_flag=True,
        expose_value=False,
        callback=_remember_json,
        help="Print one JSON object.",
    )


class Command(click.Command):
    """A command that knows `--json`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.params.append(_json_option())


class Group(click.Group):
    """A group of such commands; `--json` may stand before the command's name too."""

    command_class = Command

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.params.append(_json_option())


Group.group_class = Group


def _remember_json(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.find_root().ensure_object(dict)["json"] = True


def is_json() -> bool:
    """Return whether the running command was asked for JSON."""
    context = click.get_current_context(silent=True)
    return context is not None and bool((context.find_root().obj or {}).get("json"))


def emit(result: dict[str, Any], text: str | Callable[[], None]) -> None:
    """Print a result: the object itself, or `text` for people."""
    if is_json():
        click.echo(json.dumps(result, ensure_ascii=False, default=str))
    elif callable(text):
        text()
    else:
        click.echo(text)


def fail(message: str, *, as_json: bool) -> NoReturn:
    """End the program after an expected error: one sentence on standard error, and as JSON on standard output."""
    if as_json:
        click.echo(json.dumps({"error": message}, ensure_ascii=False))
    click.echo(f"moderator: {message}", err=True)
    sys.exit(1)
