"""Which of our thresholds stands for a threshold that a site used with Perspective, from real comments.

    python -m benchmarks perspective --data ../shared/data

Perspective said of its scores that they are probabilities among comments half of which have the attribute. Ours are
probabilities among the comments of a site, where few have it. Here our scores are put on Perspective's scale: on test
rows, which no model learned from, weighted until half of them have the label, a logistic curve (Platt's) says which of
our scores has which share of positives about it. Nothing fitted here goes anywhere but into the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier import registry
from moderator.classifier.model import Model
from moderator.compat.perspective.attributes import PRODUCTION
from moderator.domain.scoring import Label
from training import calibrate, corpora

THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
RESAMPLES: Final = 200
_BALANCED: Final = 0.5  # The share of positives that Perspective's scores assume.
_SEED: Final = 4

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The test rows of a label: our logits, who is positive, what each row counts within its class."""

    logits: Floats
    positive: Bools
    weights: Floats


@dataclass(frozen=True, kw_only=True)
class Line:
    """What stands for one threshold: estimate, bounds (95 %), what our calibration alone would say, what it flags.

    `recall` is the share of positives that is flagged, `false` that of the others, `precision` the share of positives
    among what is flagged where a site has as many as the model assumes.
    """

    attribute: str
    theirs: float
    ours: float
    low: float
    high: float
    by_calibration: float
    recall: float
    false: float
    precision: float
    positives: int
    rows: int


def measure(models: Path, data: Path) -> list[Line]:
    """Return the lines of the table, attribute by attribute."""
    model = registry.load_current(models)
    assert model is not None, f"no current model in {models}"
    rows = [
        row
        for path in sorted(data.glob("*.jsonl.gz"))
        for row in corpora.read(path)
        if row.split == "test" and row.lang == "en" and row.domain != "synthetic"
    ]
    logits = model.logits_of_many([row.text for row in rows])
    return [
        line
        for attribute, label in PRODUCTION.items()
        for line in _lines(attribute, Label(label), _sample(model, Label(label), rows, logits))
    ]


def _sample(model: Model, label: Label, rows: Sequence[corpora.Row], logits: Floats) -> Sample:
    """Return a label's rows, chosen and weighted as its calibration was."""
    chosen = calibrate.choose_rows(rows, label)
    weights = calibrate.weigh([rows[n].source for n in chosen.rows.tolist()], chosen.positive)
    weights = calibrate.as_on_a_site(weights, chosen, label)
    kept = weights > 0
    own = logits[chosen.rows, model.labels.index(label)]
    return Sample(logits=own[kept], positive=chosen.positive[kept], weights=weights[kept])


def _lines(attribute: str, label: Label, sample: Sample) -> list[Line]:
    prior = calibrate.PRIORS[label]
    estimates = _probability(_places(sample))
    chance = np.random.default_rng(_SEED)
    resampled = [_probability(_places(_resample(sample, chance))) for _ in range(RESAMPLES)]
    lows, highs = np.quantile(resampled, (0.025, 0.975), axis=0)
    by_calibration = _probability(_logit(np.array(THRESHOLDS)) + _logit(np.array(prior)))
    found = []
    for n, theirs in enumerate(THRESHOLDS):
        flagged = _probability(sample.logits) >= estimates[n]
        recall = _share(flagged, sample, sample.positive)
        false = _share(flagged, sample, ~sample.positive)
        found.append(
            Line(
                attribute=attribute,
                theirs=theirs,
                ours=float(estimates[n]),
                low=float(lows[n]),
                high=float(highs[n]),
                by_calibration=float(by_calibration[n]),
                recall=recall,
                false=false,
                precision=prior * recall / (prior * recall + (1 - prior) * false),
                positives=int(sample.positive.sum()),
                rows=sample.positive.size,
            )
        )
    return found


def _places(sample: Sample) -> Floats:
    """Return the logit of ours at each of Perspective's thresholds."""
    curve = calibrate.calibrate(sample.logits, sample.positive, _BALANCED, sample.weights)
    return (_logit(np.array(THRESHOLDS)) - curve.offset) / curve.slope


def _resample(sample: Sample, chance: np.random.Generator) -> Sample:
    above, below = np.flatnonzero(sample.positive), np.flatnonzero(~sample.positive)
    drawn = np.concatenate([chance.choice(part, part.size) for part in (above, below)])
    return Sample(logits=sample.logits[drawn], positive=sample.positive[drawn], weights=sample.weights[drawn])


def _share(flagged: Bools, sample: Sample, among: Bools) -> float:
    return float(np.average(flagged[among], weights=sample.weights[among]))


def _probability(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))


def _logit(shares: Floats) -> Floats:
    return np.log(shares / (1 - shares))


def markdown(lines: Sequence[Line]) -> str:
    """Return the table as docs/compat.md has it."""
    found = [
        "| attribute | Perspective | **ours** | 95 % | by calibration alone | recall | others flagged | precision |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in lines:
        is_first = one.theirs == THRESHOLDS[0]
        name = f"`{one.attribute}` ({one.positives:,} of {one.rows:,} rows)" if is_first else ""
        found.append(
            f"| {name} | {one.theirs:.1f} | **{one.ours:.3f}** | {one.low:.3f}–{one.high:.3f} | "
            f"{one.by_calibration:.3f} | {one.recall:.0%} | {one.false:.1%} | {one.precision:.0%} |"
        )
    return "\n".join(found)
