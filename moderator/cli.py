"""The command line. Writing commands run here or in the service that holds the database; the others only read."""

import sys
from importlib import import_module
from typing import Final

import click

from moderator import __version__
from moderator.commands.output import Group, fail
from moderator.domain.errors import ModerationError
from moderator.log import set_up_logging
from moderator.settings import Settings

# Where each command is, under `moderator.commands`. Only the one that is asked for is imported: the service alone takes
# longer to import than most commands take to run.
COMMANDS: Final = {
    "serve": "serving.serve_command",
    "migrate": "serving.migrate_command",
    "doctor": "looking.doctor_command",
    "verify": "looking.verify_command",
    "site": "writing.site_group",
    "key": "writing.key_group",
    "person": "writing.person_group",
    "policy": "writing.policy_group",
    "endpoint": "writing.endpoint_group",
    "score": "scoring.score_command",
    "model": "looking.model_group",
    "golden": "golden.golden_group",
    "agreement": "agreeing.agreement_command",
    "certificate": "watching.certificate_group",
    "import": "moving.import_command",
    "export": "moving.export_command",
    "erase": "writing.erase_command",
}


class Program(Group):
    """The commands of `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return their names, in the order in which the help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(".")
        found: click.Command = getattr(import_module(f"moderator.commands.{module}"), name)
        return found


@click.group(cls=Program)
@click.version_option(__version__, prog_name="moderator")
def program() -> None:
    """Comment moderation: a trained classifier, a queue for people, and a model that learns from them."""


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 refused or failed with a sentence, 2 wrong usage."""
    set_up_logging(Settings(log_level="warning"))  # Standard output is for results; `serve` says more.
    try:
        program.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except ModerationError as error:
        fail(str(error), as_json="--json" in sys.argv)
    except OSError as error:  # A file or an address that somebody named, and that cannot be used.
        named = f"{error.filename}: " if error.filename else ""
        fail(f"{named}{error.strerror or error}", as_json="--json" in sys.argv)
