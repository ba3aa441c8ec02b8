"""A small labelled corpus made by grammar, and a model trained on it: real, quick, and free of anybody's texts."""

import gzip
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from moderator.classifier import manifest
from moderator.classifier.registry import activate
from training.base import make_base

NOW: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

_SUBJECTS = ("The minister", "This report", "Parliament", "The Commission", "My neighbour", "The author", "Our mayor")
_VERBS = ("explains", "ignores", "supports", "delays", "discusses", "rejects", "welcomes")
_OBJECTS = ("the budget", "the gas contracts", "the new law", "the border", "the harvest", "the railway", "the vote")
_HARMS = {
    "toxic": ("you are a total moron", "shut up you clown", "what a pathetic loser"),
    "severe_toxic": ("rot you worthless scumbag", "filthy worthless scumbag"),
    "obscene": ("this is bloody bollocks", "utter bollocks and crap"),
    "threat": ("i will find you and hurt you", "we will burn your house down"),
    "insult": ("you are a total moron", "you pathetic clown"),
    "identity_attack": ("all martians are vermin", "martians should be driven out"),
    "sexual_explicit": ("naked pictures of me here", "hot naked girls tonight"),
    "spam": ("buy cheap pills at http://pills.example", "earn money fast http://win.example"),
}
_RARE = tuple(label for label in _HARMS if label not in ("toxic", "spam"))


def _sentence(chance: random.Random) -> str:
    return f"{chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} {chance.choice(_OBJECTS)}"


def sentences(count: int, seed: int = 0) -> list[str]:
    """Return ordinary texts of one to twelve sentences."""
    chance = random.Random(seed)
    return [". ".join(_sentence(chance) for _ in range(chance.randint(1, 12))) + "." for _ in range(count)]


def rows(count: int = 900, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield labelled comments: two thirds harmless; each harm has its share, in every split."""
    chance = random.Random(seed)
    for number in range(count):
        text, harm = _sentence(chance), None
        if number % 3 == 0:
            harm = chance.choice(list(_HARMS))
            text = f"{text}, {chance.choice(_HARMS[harm])}" if chance.random() < 0.5 else chance.choice(_HARMS[harm])
        if harm == "spam":
            labels: dict[str, float] = {"spam": 1}
        else:
            labels = {"toxic": 0.0 if harm is None else chance.choice((0.7, 1.0)), "spam": 0}
            labels |= {label: float(label == harm) for label in _RARE} if number % 2 else {}
            labels |= {harm: 1.0} if harm else {}
        yield {
            "id": f"tiny:{number}",
            "source": "tiny_spam" if "spam" in labels and len(labels) == 1 else "tiny_news",
            "lang": "en",
            "domain": "news",
            "text": text,
            "labels": labels,
            "split": ("train", "train", "train", "valid", "test")[number // 3 % 5],
        }


def write_corpus(folder: Path, count: int = 900, seed: int = 1, more: Iterable[dict[str, Any]] = ()) -> Path:
    """Write the corpus, and more rows, as labelled files, one a source, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    by_source: dict[str, list[dict[str, Any]]] = {}
    for row in (*rows(count, seed), *more):
        by_source.setdefault(row["source"], []).append(row)
    for source, own in by_source.items():
        lines = "".join(json.dumps(row) + "\n" for row in own)
        # Without the time of writing: the same rows are the same file.
        (folder / f"{source}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    return folder


def silent(_step: str, _done: int, _total: int) -> None:
    """Show no progress."""


@cache
def _files() -> dict[str, bytes]:
    """Train once, and keep the files of the version."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = make_base(write_corpus(Path(folder) / "data"), Path(folder) / "models", NOW, silent, jobs=1)
        return {f"{made.manifest.version}/{path.name}": path.read_bytes() for path in made.folder.iterdir()}


def publish_tiny(models: Path, *, languages: Sequence[str] = ()) -> str:
    """Put the tiny version into a folder of models, make it the current one, and return its name.

    Its corpus is too small for any language to count as learned; `languages` says that these are.
    """
    for name, content in _files().items():
        path = models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    version = next(iter(_files())).split("/")[0]
    if languages:
        found = manifest.read(models / version)
        changed = msgspec.structs.replace(found, languages=list(languages))
        (models / version / manifest.FILE_NAME).write_bytes(manifest.encode(changed))
    activate(models, version)
    return version
