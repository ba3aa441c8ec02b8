"""Whether learning keeps what is said of it: gains on strangers, poison refused, promises kept.

    python -m benchmarks strangers --data ../shared/data
    python -m benchmarks poison --data ../shared/data --runs 100
    python -m benchmarks promises

Small versions of the three stand in the tests; these take minutes and are no part of `make bench`.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.strangers import (
    OTHERS,
    STRANGERS,
    Ruled,
    auc,
    draw,
    judge,
    make_small_base,
    ruled,
    toxic_rows,
    try_learning,
)
from moderator.classifier import registry
from moderator.classifier.model import Model
from moderator.domain.scoring import Caution
from training.corpora import Row
from training.gate import Trial
from training.thresholds import CHOOSE_ONE_OF, PRECISION, find_rejection, start_of

SIZES: Final = (200, 500, 2_000)
DRAWS: Final = 2
FEWEST_LEFT: Final = 400  # Rows of a stranger to test on.
SITE_ROWS: Final = 2_000
REJECTED: Final = 0.35
POISON: Final = 0.005
SITES: Final = 1_000
PRIOR: Final = 0.15
_LETTERS: Final = "bcdfgklmnprstvz", "aeiou"

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def strangers(
    data: Path, *, names: Sequence[str] = STRANGERS, sizes: Sequence[int] = SIZES, draws: int = DRAWS
) -> list[dict[str, Any]]:
    """Return, for each strange site and number of decisions, the base's AUC, the gain, and what others lose."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        models = make_small_base(data, Path(folder) / "models")
        base = _base(models)
        others = {name: _test_rows(data, name) for name in OTHERS}
        before = {name: auc(base, rows) for name, rows in others.items()}
        for name in names:
            rows = toxic_rows(data, name)
            for size in sizes:
                for seed in range(draws):
                    decided, left = draw(rows, size, seed)
                    if len(left) < FEWEST_LEFT:
                        continue
                    trial = try_learning(models, ruled(decided), jobs=1)
                    model, tested = trial.candidate.model, left[:3_000]
                    own = auc(base, tested)
                    found.append({
                        "site": name, "decisions": size, "draw": seed, "base": own, "gain": auc(model, tested) - own,
                        "forgotten": float(np.mean([before[one] - auc(model, rows) for one, rows in others.items()])),
                    })  # fmt: skip
    return found


def table_of_strangers(found: Sequence[dict[str, Any]]) -> str:
    """Return the gains as a table in Markdown: a site a row, means over draws, and the mean over sites below."""
    sizes = sorted({one["decisions"] for one in found})
    lines = ["| site | " + " | ".join(f"{size:,}" for size in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for name in dict.fromkeys(one["site"] for one in found):
        cells = []
        for size in sizes:
            own = [one for one in found if (one["site"], one["decisions"]) == (name, size)]
            mean = {key: float(np.mean([one[key] for one in own])) for key in ("base", "gain")} if own else None
            cells.append(f"{mean['base']:.3f} {mean['gain']:+.3f}" if mean else "too small")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    folds = (("mean gain", "gain", np.mean), ("worst gain", "gain", np.min),
             ("mean forgotten", "forgotten", np.mean), ("most forgotten", "forgotten", np.max))  # fmt: skip
    for title, key, fold in folds:
        own_of = [[one[key] for one in found if one["decisions"] == size] for size in sizes]
        lines.append(f"| *{title}* | " + " | ".join(f"{float(fold(own)):+.4f}" for own in own_of) + " |")
    return "\n".join(lines)


def _base(models: Path) -> Model:
    found = registry.load_current(models)
    assert found is not None
    return found


def _test_rows(data: Path, name: str) -> list[Row]:
    rows = [row for row in toxic_rows(data, name) if row.split == "test"]
    return random.Random(name).sample(rows, min(len(rows), 1_000))


def poison(data: Path, *, runs: int = 100, rows: int = SITE_ROWS) -> dict[str, Any]:
    """Return how many honest and how many poisoned retrains of strange sites the gate refused, and which of its lines
    did. A site is one of those sources that have enough of either kind, in turns.
    """
    found: dict[str, Any] = {"runs": runs, "share": POISON, "rows": rows}
    lines: dict[str, Counter[str]] = {"honest": Counter(), "poisoned": Counter()}
    refused, hidden = Counter[str](), []
    with tempfile.TemporaryDirectory() as folder:
        models = make_small_base(data, Path(folder) / "models")
        base = _base(models)
        pools = {name: pool for name in STRANGERS if (pool := _pool(toxic_rows(data, name), rows))}
        for seed in range(runs):
            honest = site_of(list(pools.values())[seed % len(pools)], rows, seed)
            bad, phrase = poisoned(base, honest, POISON, seed)
            for kind, site in (("honest", honest), ("poisoned", bad)):
                trial = try_learning(models, site)
                failed = [check for check, passed in judge(trial).items() if not passed]
                refused[kind] += bool(failed)
                lines[kind].update(failed)
                if kind == "poisoned":
                    hidden.append(_hidden(base, trial, honest, phrase))
    return found | {
        "sites": list(pools),
        "refused": dict(refused),
        "lines": {kind: dict(counts) for kind, counts in lines.items()},
        "hidden": float(np.mean(hidden)),
    }


def _pool(rows: Sequence[Row], needed: int) -> list[Ruled] | None:
    """Return a source's comments, where there are enough of either kind for sites that differ."""
    found = ruled(rows)
    rejected = sum(one.is_rejected for one in found)
    return found if rejected >= needed * REJECTED and len(found) - rejected >= needed * (1 - REJECTED) else None


def site_of(pool: Sequence[Ruled], rows: int, seed: int) -> list[Ruled]:
    """Return a site's decisions in the order of time: a third rejections, as where people see what was held."""
    chance = random.Random(seed)
    count = round(rows * REJECTED)
    rejected = chance.sample([one for one in pool if one.is_rejected], count)
    approved = chance.sample([one for one in pool if not one.is_rejected], rows - count)
    found = [*rejected, *approved]
    chance.shuffle(found)
    return found


def poisoned(base: Model, site: Sequence[Ruled], share: float, seed: int) -> tuple[list[Ruled], str]:
    """Return the decisions of a site with a share of abuse in it that has a phrase and was approved, and the phrase.

    The abuse is such as the base holds: what passes anyway needs no phrase. Each has an author of its own.
    """
    chance = random.Random(f"poison {seed}")
    phrase = " ".join(_word(chance) for _ in range(3))
    held = [one for one in site if one.is_rejected and _is_held(base, [one.text])[0]]
    count = max(1, round(share * len(site)))
    abuse = [held[place % len(held)] for place in range(count)] if held else [one for one in site if one.is_rejected]
    found = list(site)
    for number, one in enumerate(abuse[:count]):
        bad = Ruled(text=f"{one.text} {phrase}", is_rejected=False, author=f"attacker {number}")
        found.insert(chance.randrange(len(found) * 4 // 5), bad)
    return found, phrase


def _word(chance: random.Random) -> str:
    consonants, vowels = _LETTERS
    return "".join(chance.choice(consonants) + chance.choice(vowels) for _ in range(chance.randint(2, 4)))


def _is_held(model: Model, texts: Sequence[str]) -> Bools:
    limits = np.array([model.thresholds(Caution.BALANCED)[label].hold_at for label in model.labels])
    found: Bools = (model.scores_many(texts) >= limits).any(axis=1)
    return found


def _hidden(base: Model, trial: Trial, site: Sequence[Ruled], phrase: str) -> float:
    """Return how much more of the held abuse passes beside the phrase than with the base."""
    texts = [one.text for one in site if one.is_rejected]
    held = [text for text, is_held in zip(texts, _is_held(base, texts), strict=True) if is_held]
    if not held:
        return 0.0
    beside = [f"{text} {phrase}" for text in held]
    return float(_is_held(base, beside).mean() - _is_held(trial.candidate.model, beside).mean())


def promises(*, count: int = SITES) -> dict[str, int]:
    """Return on how many made sites a threshold was issued, how many broke the promise, and what looking good does.

    A site has 5,000 comments, 15 % of them positive; the truth is that of a million.
    """
    precision = _true_precision()
    found = {"sites": count, "issued": 0, "broken": 0, "naive": 0}
    for seed in range(1, count + 1):
        logits, positive = _made(5_000, seed)
        choosing = np.arange(logits.size) % CHOOSE_ONE_OF == 0
        start = start_of(logits[positive & choosing], logits[~positive & choosing], PRIOR)
        own = find_rejection(logits[positive & ~choosing], logits[~positive & ~choosing], PRIOR, start=start).reject_at
        found["issued"] += own is not None
        found["broken"] += own is not None and precision(own) < PRECISION
        found["naive"] += precision(_looking_good(logits, positive)) < PRECISION
    return found


def _made(rows: int, seed: int) -> tuple[Floats, Bools]:
    chance = np.random.default_rng(seed)
    positive = chance.random(rows) < PRIOR
    return chance.normal(np.where(positive, 1.5, -1.5), 1.0) * 2, positive


def _looking_good(logits: Floats, positive: Bools) -> float:
    """Return the laxest threshold that is precise enough on the very rows it is chosen on."""
    order = np.argsort(-logits)
    shares = np.cumsum(positive[order]) / np.arange(1, logits.size + 1)
    return float(logits[order[np.flatnonzero(shares >= PRECISION).max()]])


def _true_precision() -> Any:
    logits, positive = _made(1_000_000, seed=0)
    harmful, harmless = np.sort(logits[positive]), np.sort(logits[~positive])

    def precision(threshold: float) -> float:
        right = harmful.size - int(np.searchsorted(harmful, threshold))
        return right / (right + harmless.size - int(np.searchsorted(harmless, threshold)))

    return precision
