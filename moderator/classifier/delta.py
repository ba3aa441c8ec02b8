"""What a site's decisions changed about a base version: a few columns' weights, and a label of the site's own.

A base version is never changed. A version that learned from decisions is this change, and a manifest that names the
base by its hash; loading adds the two. So it is small, it can be taken back, and a refit without a row is a model
without it.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, COLUMNS, LENGTH_POWER, WINDOW, Columns, columns, windows
from moderator.classifier.model import Floats, Model, Weights
from moderator.classifier.normalise import normalise

FILE_NAME: Final = "delta.joblib"


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRules:
    """“This site rejects it”, as a linear model over the base's: `mixture` weighs the base's calibrated logits, shape
    (labels,), `weights` are the columns' own, shape (columns,)."""

    mixture: Floats
    offset: float
    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """Changes of weights, shape (columns, labels), in the order of the base's labels. `columns` ascend."""

    columns: NDArray[np.int32]
    weights: NDArray[np.floating]
    house_rules: HouseRules | None = None

    def __post_init__(self) -> None:
        ascending = self.columns.ndim == 1 and bool((np.diff(self.columns) > 0).all())
        if not ascending or (self.columns.size and not 0 <= self.columns[0] <= self.columns[-1] < COLUMNS):
            raise ValueError("the columns of a delta must ascend and be columns of the model")
        own = self.house_rules
        if self.weights.ndim != 2 or self.weights.shape[0] != self.columns.size:
            raise ValueError(f"weights of shape {self.weights.shape} do not fit {self.columns.size} columns")
        if own and (own.weights.shape != self.columns.shape or own.mixture.shape != self.weights.shape[1:]):
            raise ValueError("the house rules do not fit the columns and labels")
        parts = [self.weights, *([own.mixture, own.weights, np.array(own.offset)] if own else [])]
        if not all(np.isfinite(part).all() for part in parts):
            raise ValueError("a weight is not a finite number")

    def over(self, base: Weights) -> Weights:
        """Return the base's weights with these changes; where there is none they are the base's, bit for bit."""
        changed = base.weights.astype(np.float32)
        changed[self.columns] += self.weights.astype(np.float32)
        return Weights(idf=base.idf, weights=changed, intercepts=base.intercepts)


class HouseScorer:
    """Scores how likely a site's people reject a text, whatever their reason."""

    def __init__(self, base: Model, delta: Delta) -> None:
        own = delta.house_rules
        assert own is not None
        self.squares: Floats = base.table[:, -1]
        self.table: Floats = base.table[:, :-1] @ own.mixture.astype(np.float32)
        self.table[delta.columns] += own.weights.astype(np.float32) * np.sqrt(self.squares[delta.columns])
        self.offset = float(base.logits(np.empty(0, np.uint32)) @ own.mixture + own.offset)

    def score(self, text: str) -> float:
        """Return a calibrated probability (0 to 1), of the worst window of a long text."""
        plain = normalise(text)
        parts = [plain] if len(plain) <= WINDOW else [part for _, part in windows(plain)]
        logit = max(self.logit(columns(part)) for part in parts)
        return float(1 / (1 + np.exp(-np.float64(logit))))

    def logit(self, found: Columns) -> float:
        """Return the logit for the n-grams of one window: ascending, each once."""
        border = int(found.searchsorted(CHARACTERS))
        logit = self.offset
        for block in (found[:border], found[border:]):
            if block.size:
                length = float(self.squares.take(block).sum(dtype=np.float64))
                logit += float(self.table.take(block).sum(dtype=np.float64)) / length ** (LENGTH_POWER / 2)
        return logit


def pack(delta: Delta) -> bytes:
    """Return the change as it stands on disk: arrays and nothing else."""
    import joblib  # Only here and below: it takes 50 ms, which commands that load no model need not wait.

    own = delta.house_rules
    arrays = {"columns": delta.columns, "weights": delta.weights}
    if own:
        arrays |= {
            "house_mixture": own.mixture,
            "house_offset": np.array([own.offset]),
            "house_weights": own.weights,
        }
    packed = io.BytesIO()
    joblib.dump(arrays, packed)
    return packed.getvalue()


def unpack(content: bytes) -> Delta:
    """Return the change that `pack` wrote. Only for bytes whose hash was checked: joblib runs code when it loads.

    Raises:
        Exception: whatever a damaged artefact raises.
    """
    import joblib

    stored: Mapping[str, Any] = joblib.load(io.BytesIO(content))
    own = None
    if "house_mixture" in stored:
        own = HouseRules(
            mixture=stored["house_mixture"], offset=float(stored["house_offset"][0]), weights=stored["house_weights"]
        )
    return Delta(columns=stored["columns"], weights=stored["weights"], house_rules=own)
