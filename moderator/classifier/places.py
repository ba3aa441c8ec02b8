"""Whether a place on disk can be trusted: whoever can write a model can make the service run what they like.

A hash beside a file shows rot, not an intruder who writes both. So folders of models and what is loaded from them must
be plain, belong to somebody who may change this program anyway, and be written by nobody else.
"""

import grp
import os
import pwd
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path

from moderator.domain.errors import ModelRefused


def check_place(path: Path) -> None:
    """Check a folder or file of models.

    Raises:
        ModelRefused: it is a link, somebody else's, or others may write it; the message says what to do.
    """
    try:
        found = path.lstat()
    except OSError:
        return  # What is not there is reported by whoever wants to read it.
    name = f"{path.parent.name}/{path.name}"
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        raise ModelRefused(f"{name} cannot be read: it is a link or no plain file.")
    if found.st_uid not in _trusted():
        raise ModelRefused(f"{name} belongs to {_name(found.st_uid)}, who could have changed it: chown it.")
    if found.st_mode & stat.S_IWOTH:
        raise ModelRefused(f"{name} can be written by everybody: chmod -R o-w {path.parent.name}")
    if found.st_mode & stat.S_IWGRP and not _is_alone_in(found.st_gid, _trusted()):
        raise ModelRefused(f"{name} can be written by a group with other people in it: chmod -R g-w {path.parent.name}")


def _trusted() -> frozenset[int]:
    """Return who may change what this process runs: root, itself, and the owner of the program."""
    return frozenset({0, os.geteuid(), Path(__file__).stat().st_uid})


@cache
def _is_alone_in(group: int, trusted: frozenset[int]) -> bool:
    """Return whether a group has no member but those who are trusted anyway, as the private group of each person has
    on most systems: there a mask of 002 is usual, and every clone can be written by its group."""
    if group == 0:
        return True
    members = {person.pw_name for person in pwd.getpwall() if person.pw_gid == group}
    with suppress(KeyError):  # A number without a name, as containers have them.
        members |= set(grp.getgrgid(group).gr_mem)
    return members <= {_name(one) for one in trusted}


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"account {number}"
