"""Features of many texts on disk instead of in memory: what serving would compute, n-gram by n-gram.

A hundred thousand comments have a hundred million n-grams. They are written to files without a name, which end with the
process, and mapped: what is resident is what the solver just looks at.
"""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from moderator.classifier.batch import columns_many
from moderator.classifier.features import CHARACTERS, COLUMNS, LENGTH_POWER, WINDOW, Columns
from moderator.classifier.normalise import normalise
from training.patterns import LANGUAGES

CHUNK: Final = 4_000_000  # Numbers that are changed at a time.


class Features(NamedTuple):
    """Features of rows over the columns that occur.

    `columns` are the columns of the model, ascending; `scales` bring a row of median length to length 1, block by
    block, as `training.pipeline.Shortened` does, and are 0 where nothing may be learned: in the names of groups.
    """

    matrix: csr_matrix
    columns: NDArray[np.int64]
    scales: NDArray[np.float32]


class FeatureStore:
    """Takes texts, and gives their features when all are there."""

    def __init__(self, folder: Path, idf: NDArray[np.float32]) -> None:
        self._idf = idf
        self._indices: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - `close` does
        self._values: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._sizes: list[int] = []
        self._occurs = np.zeros(COLUMNS, np.bool_)
        self._lengths: tuple[list[float], list[float]] = ([], [])

    def close(self) -> None:
        """Let the files go; what is mapped stays until nobody looks at it."""
        self._indices.close()
        self._values.close()

    def add(self, texts: Sequence[str]) -> list[Columns]:
        """Take the next texts, as their authors wrote them, and return the columns of each.

        Of a long text only the first window counts: what people decided about it says little about its later parts.
        """
        found = list(columns_many([normalise(text)[:WINDOW].strip() for text in texts]))
        for one in found:
            values = self._idf.take(one)
            border = int(one.searchsorted(CHARACTERS))
            for lengths, block in zip(self._lengths, (values[:border], values[border:]), strict=True):
                if block.size:
                    length = float(np.sqrt(block @ block))
                    lengths.append(length)
                    block /= length**LENGTH_POWER
            self._occurs[one] = True
            self._indices.write(one.astype(np.int32).tobytes())
            self._values.write(values.tobytes())
            self._sizes.append(one.size)
        return found

    def finish(self) -> Features:
        """Return the features of all texts, in the order in which they came."""
        columns = np.flatnonzero(self._occurs)
        places = np.zeros(COLUMNS, np.int32)
        places[columns] = np.arange(columns.size, dtype=np.int32)
        indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._sizes, dtype=np.int64)))
        indices, values = _mapped(self._indices, np.int32), _mapped(self._values, np.float32)
        for begin in range(0, indices.size, CHUNK):
            indices[begin : begin + CHUNK] = places[indices[begin : begin + CHUNK]]
        if indices.size <= np.iinfo(np.int32).max:
            indptr = indptr.astype(np.int32)
        matrix = csr_matrix((values, indices, indptr), shape=(len(self._sizes), columns.size), copy=False)
        matrix.has_sorted_indices = True
        return Features(matrix, columns, self._scales(columns))

    def _scales(self, columns: NDArray[np.int64]) -> NDArray[np.float32]:
        characters, words = (
            float(np.median(lengths)) ** (LENGTH_POWER - 1) if lengths else 1.0 for lengths in self._lengths
        )
        scales = np.where(columns < CHARACTERS, characters, words).astype(np.float32)
        scales[np.isin(columns, columns_of_names())] = 0.0
        return scales


@cache
def columns_of_names() -> NDArray[np.uint32]:
    """Return the columns of the names of groups (`training.patterns`), whose weights stay the base's.

    Where a thousand people quarrel about a country, its name stands in what is rejected; harmless comments that name it
    would be held for it next. Nothing measurable is lost: what makes such a comment foul are its other words.
    """
    names = [normalise(term) for patterns in LANGUAGES.values() for term in patterns.terms]
    return np.unique(np.concatenate(list(columns_many(names))))


def _mapped(file: IO[bytes], kind: Any) -> NDArray[Any]:
    file.flush()
    if not file.tell():
        return np.empty(0, kind)
    return np.memmap(file, dtype=kind, mode="r+")
