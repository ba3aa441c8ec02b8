"""The command line. Writing commands run here or in the service that holds the database; the others only read."""

import sys

import click

from moderator import __version__
from moderator.commands.golden import golden_group
from moderator.commands.looking import doctor_command, model_group, verify_command
from moderator.commands.moving import export_command, import_command
from moderator.commands.output import Group, fail
from moderator.commands.scoring import score_command
from moderator.commands.serving import migrate_command, serve_command
from moderator.commands.writing import (
    endpoint_group,
    erase_command,
    key_group,
    person_group,
    policy_group,
    site_group,
)
from moderator.domain.errors import ModerationError
from moderator.log import set_up_logging
from moderator.settings import Settings


@click.group(cls=Group)
@click.version_option(__version__, prog_name="moderator")
def program() -> None:
    """Comment moderation: a trained classifier, a queue for people, and a model that learns from them."""


for command in (
    serve_command,
    migrate_command,
    doctor_command,
    verify_command,
    site_group,
    key_group,
    person_group,
    policy_group,
    endpoint_group,
    score_command,
    model_group,
    golden_group,
    import_command,
    export_command,
    erase_command,
):
    program.add_command(command)


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
