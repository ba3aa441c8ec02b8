"""Whether as much is still found when words are hidden, beside the version in use: `training.attacks` in the gate."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.classifier.scorer import Scorer
from moderator.domain.golden import Wanted
from moderator.domain.scoring import Caution, Signal
from training import golden
from training.attacks import Survival, measure_attacks
from training.trial import SEED, Trial

DROP: Final = 0.05
TEXTS: Final = 100  # Each is attacked in eleven ways and read by two models: some seconds.
FEWEST_TEXTS: Final = 20
LONGEST: Final = 1_000  # Characters.


def withstands_as_much(trial: Trial) -> Sequence[GateLine]:
    """Check that hidden words are found about as often as with the version in use."""
    wanted = [one.text for one in trial.lessons.evidence.examples if one.wanted is Wanted.BLOCK]
    texts = [*trial.lessons.witnesses.rejected, *sorted(golden.HARMFUL), *wanted]
    return [check(trial.champion, trial.candidate.model, texts)]


def check(champion: Model, candidate: Model, texts: Sequence[str]) -> GateLine:
    """Return the gate's line.

    Args:
        texts: what must not pass. Those that both models find as they stand are attacked, so that what differs is what
            an attack does.
    """
    holds = [_Passing(model) for model in (champion, candidate)]
    chosen = [text for text in dict.fromkeys(texts) if len(text) <= LONGEST and not any(one(text)[1] for one in holds)]
    chosen = _evenly(chosen, TEXTS)
    need = f"≤ {100 * DROP:g} points"
    if len(chosen) < FEWEST_TEXTS:
        detail = f"only {len(chosen)} texts that must not pass are found by both versions; {FEWEST_TEXTS} would tell"
        return GateLine(check="attacks", passed=True, value=None, need=need, detail=detail)
    before, after = (measure_attacks(chosen, one, SEED) for one in holds)
    lost = [was.kept - now.kept for was, now in zip(before, after, strict=True)]
    worst = int(np.argmax(lost))
    return GateLine(
        check="attacks",
        passed=max(lost) <= DROP,
        value=round(100 * lost[worst], 1),
        need=need,
        detail=f"so much less of {len(chosen)} texts is found under the worst attack, "
        f"{_share(before[worst])} by the version in use and {_share(after[worst])} by the candidate",
    )


class _Passing:
    """Whether a model's scores let a text pass, and whether scores and signals together do."""

    def __init__(self, model: Model) -> None:
        self._model, self._scorer = model, Scorer(model)
        self._limits = np.array([model.thresholds(Caution.BALANCED)[label].hold_at for label in model.labels])

    def __call__(self, text: str) -> tuple[bool, bool]:
        if bool((self._model.scores(text) >= self._limits).any()):
            return False, False
        scored = self._scorer.score(text)
        # Not the language: what is not taken for the language that it is would be held for the wrong reason.
        return True, scored is not None and not set(scored.signals) - {Signal.UNSUPPORTED_LANGUAGE}


def _evenly(texts: Sequence[str], most: int) -> list[str]:
    if len(texts) <= most:
        return list(texts)
    return [texts[place * len(texts) // most] for place in range(most)]


def _share(one: Survival) -> str:
    return f"{one.kept:.0%} ({one.name})"
