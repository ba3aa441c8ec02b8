"""A base that does not know the site: the shipped one, or where it was fitted on the site's comments a smaller one."""

import gzip
import hashlib
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from moderator.classifier import registry
from training import corpora
from training.base import make_base
from training.progress import Progress

# Of each source and split: a base of all rows takes five minutes, one of these about one.
MOST_ROWS: Final = {"train": 4_000, "valid": 1_500, "test": 150}


def put_base(
    models: Path, shipped: Path, data: Path, source: str, lang: str, now: datetime, progress: Progress
) -> tuple[str, bool]:
    """Put a base that never saw a source's family into a folder of models, and make it the current one.

    Returns:
        its version, and whether it is the shipped one.
    """
    current = registry.current_version(shipped)
    if current is not None:
        manifest = registry.read_manifest(shipped, current)
        version = manifest.parent or manifest.version
        sources = registry.read_manifest(shipped, version).data.sources
        if corpora.family(source) not in {corpora.family(name) for name in sources}:
            models.mkdir(parents=True, exist_ok=True)
            shutil.copytree(shipped / version, models / version)
            registry.activate(models, version)
            return version, True
    labelled = models.parent / "labelled"
    labelled.mkdir(parents=True)
    for path in corpora.files(data):
        _write(labelled / path.name, _some(path, source, lang))
    made = make_base(labelled, models, now, progress, jobs=2)
    shutil.rmtree(labelled)
    registry.activate(models, made.manifest.version)
    return made.manifest.version, False


def _some(path: Path, source: str, lang: str) -> Iterator[corpora.Row]:
    """Yield some rows of a file in one language, always the same; none of the site's own family."""
    left = dict(MOST_ROWS)
    rows = [row for row in corpora.read(path) if row.lang == lang and row.domain != "synthetic"]
    for row in sorted(rows, key=lambda row: hashlib.sha256(row.id.encode()).digest()):
        if corpora.family(row.source) != corpora.family(source) and left.get(row.split, 0) > 0:
            left[row.split] -= 1
            yield row


def _write(path: Path, rows: Iterator[corpora.Row]) -> None:
    lines = [msgspec.json.encode(row) for row in rows]
    if lines:
        path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", compresslevel=1))
