"""What was found in a text besides scores: phrases, links; and how the comment's form was filled in. Values only."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPhrase:
    """A phrase or pattern of the site's lists that stands in a text, perhaps with its letters disguised."""

    words: str
    is_pattern: bool = False
    is_disguised: bool = False

    def __str__(self) -> str:
        return f"“{self.words}”{' in disguise' if self.is_disguised else ''}"


class Doubt(StrEnum):
    """What is wrong with a link, whoever it leads to."""

    SHORTENED = "shortened"  # Nobody sees where it leads.
    LOOK_ALIKE = "look_alike"  # Its host is written like another one, or with letters that look like others.
    NAMELESS = "nameless"  # A number instead of a name.
    MASKED = "masked"  # It shows one address and leads to another.


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The web addresses in a text, as people see them.

    `count` leaves out those of trusted domains. `blocked` and `suspect` are the first hosts of the site's lists, the
    author's own address included. `doubtful` is the first host with something wrong, and `doubt` says what.
    """

    count: int = 0
    blocked: str | None = None
    suspect: str | None = None
    doubtful: str | None = None
    doubt: Doubt | None = None


NO_LINKS = Links()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the form was filled in, as the site saw it; never stored.

    `is_trapped`: the field that people do not see was filled in. `seconds` passed between showing the form and sending
    it; None when the site does not say.
    """

    is_trapped: bool = False
    seconds: float | None = None


NO_FORM = Form()
