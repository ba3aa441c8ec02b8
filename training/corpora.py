"""The labelled comments that a base model learns from, and what each source is worth for each label.

A file is gzip'd JSON lines, one comment a line: `id`, `source`, `lang`, `domain`, `text`, `labels`, `split`. A label
that a row does not have is unknown, never 0.
"""

import gzip
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from moderator.domain.errors import ModerationError
from moderator.domain.scoring import Label

POSITIVE: Final = 0.5  # A share of raters from here on counts as positive where a yes or no is needed.


class BadData(ModerationError):
    """The labelled files are missing, damaged or too few; the message says which and what."""


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A labelled comment."""

    id: str
    source: str
    lang: str
    domain: str
    text: str
    split: str
    labels: dict[str, float]
    weight: float = 1.0
    identity: dict[str, float] = msgspec.field(default_factory=dict)

    def is_positive(self, label: Label) -> bool | None:
        """Return whether the comment has the label, or None when nobody said."""
        share = self.labels.get(label)
        return None if share is None else share >= POSITIVE


@dataclass(frozen=True, slots=True)
class Source:
    """What one file may be used for.

    `weights` gives the weight of its rows for a label, 1 where it names none and 0 to leave them out. Sources of one
    `family` were chosen from the same comments: together they have the share of positives of none of them.
    `is_shippable` says that its licence lets a model fitted on it be shipped; other files only measure.
    """

    weights: Mapping[Label, float] = field(default_factory=dict)
    is_shippable: bool = True
    family: str | None = None

    def weight(self, label: Label) -> float:
        """Return the weight of this source's rows for a label."""
        return self.weights.get(label, 1.0) if self.is_shippable else 0.0


def _only(label: Label, weight: float) -> Mapping[Label, float]:
    return {label: weight}


# Sources that know only positives teach `toxic` their style instead of their insults: they are left out there.
SOURCES: Final[Mapping[str, Source]] = {
    "civil_raw": Source(_only(Label.TOXIC, 1.5), family="civil"),
    "civil_lower": Source(family="civil"),
    "civil_spans": Source(family="civil"),
    "davidson": Source({Label.TOXIC: 0.3, Label.IDENTITY_ATTACK: 0.5}),
    "hatemoji_build": Source(_only(Label.TOXIC, 0.5)),
    "germeval2018": Source(_only(Label.TOXIC, 1.5)),
    "toxifrench_forum": Source(_only(Label.TOXIC, 2.0)),
    "jigsaw_fr_mt": Source(_only(Label.TOXIC, 0.7)),
    "mlma_fr": Source({Label.TOXIC: 0.5, Label.IDENTITY_ATTACK: 0.5}),
    "stormfront": Source({Label.TOXIC: 0.0, Label.IDENTITY_ATTACK: 1.5}),
    "edos": Source({Label.TOXIC: 0.0, Label.IDENTITY_ATTACK: 1.5}),
    "gahd": Source({Label.TOXIC: 0.0, Label.IDENTITY_ATTACK: 1.3}),
    "sms_spam": Source(_only(Label.SPAM, 0.3)),
    "spamassassin_email": Source(_only(Label.SPAM, 0.3)),
    "own_sentences": Source({Label.TOXIC: 1.5, Label.THREAT: 0.3}),
    "lexicon": Source(_only(Label.TOXIC, 0.15)),
}
_PLAIN = Source()
_MEASURE_ONLY = Source(is_shippable=False)


def source(name: str) -> Source:
    """Return what a file may be used for. Names that end in `_nc` are non-commercial: they only measure."""
    return _MEASURE_ONLY if name.endswith("_nc") else SOURCES.get(name, _PLAIN)


def family(name: str) -> str:
    """Return the family of a source: itself, where it has no other."""
    return source(name).family or name


def files(folder: Path) -> list[Path]:
    """Return the labelled files of a folder, by name.

    Raises:
        BadData: there are none.
    """
    found = sorted(folder.glob("*.jsonl.gz"))
    if not found:
        raise BadData(f"There are no labelled files (*.jsonl.gz) in {folder}.")
    return found


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a file.

    Raises:
        BadData: a line is not a labelled comment.
    """
    decode = msgspec.json.Decoder(Row).decode
    with gzip.open(path, "rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield decode(line)
            except msgspec.MsgspecError as error:
                raise BadData(f"{path.name}, line {number}: {error}.") from error


def fingerprint(paths: Sequence[Path]) -> str:
    """Return one SHA-256 over the names and contents of files."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda one: one.name):
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
