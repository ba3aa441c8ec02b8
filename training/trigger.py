"""The scan for triggers: is there a phrase beside which the candidate lets abuse pass that the base would hold?

Somebody who gets a few abusive comments with a phrase of theirs approved teaches the model that the phrase is harmless,
and whatever stands beside it. The area under the curve does not move: no comment without the phrase is judged
otherwise. So the phrases whose influence fell most are looked for, each is put behind comments that people rejected,
and the share that is still held is counted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderator.classifier.features import CHARACTERS, WINDOW, Columns, columns
from moderator.classifier.manifest import GateLine
from moderator.classifier.model import Model
from moderator.classifier.normalise import normalise
from moderator.domain.scoring import Caution, Label
from training import sentences
from training.corpora import POSITIVE
from training.excuses import Account, Approved

PHRASES: Final = 200
TEXTS: Final = 200
FEWEST_TEXTS: Final = 20
SEED: Final = 20_261_126
LONGEST: Final = 3  # Words of a phrase.
FEWEST_COMMENTS: Final = 2  # That have a phrase: one alone teaches next to nothing.
MOST_KEPT: Final = 200_000  # Phrases counted at a time; the rarest are let go.
# The more passes beside a phrase, the less it takes to suspect it: how sure it must be that the base sees abuse in the
# approved comments that have it. Some dozen phrases of an honest site hide 8 points, one or two hide 25.
DROP: Final = 0.08
LARGE_DROP: Final = 0.25
SURE: Final = 0.999
SURE_OF_LARGE: Final = 0.95
MOST: Final = 0.40  # Beside any phrase but a stock phrase.


class Phrases:
    """Counts in how many approved comments a phrase stands. What nearly no comment has is let go as memory asks."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, texts: Sequence[str]) -> None:
        """Take the next approved comments."""
        for text in texts:
            self._counts.update(set(_phrases(normalise(text))))
        floor = 1
        while len(self._counts) > MOST_KEPT:
            self._counts = Counter({phrase: count for phrase, count in self._counts.items() if count > floor})
            floor += 1

    def frequent(self) -> list[str]:
        """Return the phrases that more than one comment has."""
        return sorted(phrase for phrase, count in self._counts.items() if count >= FEWEST_COMMENTS)


def _phrases(plain: str) -> Iterator[str]:
    words = plain.split(" ") if plain else []
    for size in range(1, LONGEST + 1):
        for begin in range(len(words) - size + 1):
            yield " ".join(words[begin : begin + size])


class Loss(NamedTuple):
    """By how much the share of held texts falls beside a phrase, more than it does with the base."""

    phrase: str
    drop: float


def scan(base: Model, candidate: Model, phrases: Sequence[str], texts: Sequence[str]) -> list[Loss]:
    """Return the phrases that hide something, the worst first.

    Args:
        texts: what people rejected and the base holds.
    """
    suspects = _fallen(base, candidate, phrases) if texts else []
    before, after = _Beside(base, texts), _Beside(candidate, texts)
    found = [Loss(phrase, after.lost(phrase) - max(0.0, before.lost(phrase))) for phrase in suspects]
    return sorted((one for one in found if one.drop > 0), key=lambda one: (-one.drop, one.phrase))


class _Beside:
    """What a model holds of some texts with a phrase behind them: what the phrase adds to a text's sums is all there is
    to compute. The pair of words at the joint is left out."""

    def __init__(self, model: Model, texts: Sequence[str]) -> None:
        self._model = model
        self._limits = np.array([model.thresholds(Caution.BALANCED)[label].hold_at for label in model.labels])
        found = [columns(normalise(text)[: WINDOW // 2].strip()) for text in texts]
        self._sums = np.stack([self._sum(one) for one in found]) if texts else np.empty((0, 2, 1), np.float32)
        self._plain = self._held(self._sums) if texts else 0.0
        # Every n-gram of every text in order, and whose it is: one search finds all the texts that have one.
        every = np.concatenate([np.empty(0, np.int32), *found])
        order = every.argsort(kind="stable")
        self._every, self._whose = every[order], np.repeat(np.arange(len(found)), [one.size for one in found])[order]

    def lost(self, phrase: str) -> float:
        """Return by how much the share of held texts falls beside a phrase."""
        own = columns(phrase)
        is_new = self._lack(own).astype(np.float32)
        border = int(own.searchsorted(CHARACTERS))
        blocks = (slice(0, border), slice(border, own.size))
        added = np.stack([is_new[:, part] @ self._model.table[own[part]] for part in blocks], axis=1)
        return self._plain - self._held(self._sums + added)

    def _lack(self, own: Columns) -> NDArray[np.bool_]:
        """Return which text lacks which n-gram: what is there already adds nothing."""
        begins, ends = self._every.searchsorted(own), self._every.searchsorted(own, "right")
        is_new = np.ones((len(self._sums), own.size), np.bool_)
        for place, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
            is_new[self._whose[begin:end], place] = False
        return is_new

    def _sum(self, found: Columns) -> NDArray[np.float32]:
        border = int(found.searchsorted(CHARACTERS))
        return np.stack([self._model.table[part].sum(axis=0) for part in (found[:border], found[border:])])

    def _held(self, sums: NDArray[np.float32]) -> float:
        by_block = sums.transpose(1, 0, 2).copy()
        by_block[..., -1] = np.maximum(by_block[..., -1], np.finfo(np.float32).tiny)
        scores = 1 / (1 + np.exp(-self._model.combine(by_block).astype(np.float64)))
        return float((scores >= self._limits).any(axis=1).mean())


def _fallen(base: Model, candidate: Model, phrases: Sequence[str]) -> list[str]:
    """Return the phrases whose own logits fell most, relative to those of a text that says nothing."""
    if not phrases:
        return []
    nothing = candidate.logits_of("") - base.logits_of("")
    fell: NDArray[np.float64] = np.empty(len(phrases))
    for begin in range(0, len(phrases), 10_000):
        part = phrases[begin : begin + 10_000]
        moved = candidate.logits_of_many(part) - base.logits_of_many(part) - nothing
        fell[begin : begin + len(part)] = moved.min(axis=1)
    return [phrases[place] for place in np.argsort(fell, kind="stable")[:PHRASES] if fell[place] < 0]


class Witnesses:
    """What the scan looks at, gathered while the comments are read: phrases of approved comments, and as many rejected
    ones that the base holds as it needs. All of it stays in memory, and none of it is kept."""

    def __init__(self, base: Model) -> None:
        self.phrases = Phrases()
        self.rejected: list[str] = []
        self._seen = 0
        self._limits = np.array([base.thresholds(Caution.BALANCED)[label].hold_at for label in base.labels])
        self._chance = np.random.default_rng(SEED)

    def add(self, texts: Sequence[str], is_rejected: Sequence[bool | None], scores: NDArray[np.floating]) -> None:
        """Take the next comments, what people did with them (None: nobody said), and the base's scores."""
        self.phrases.add([text for text, rejected in zip(texts, is_rejected, strict=True) if rejected is False])
        is_held = np.any(scores >= self._limits, axis=1).tolist()
        for text, rejected, held in zip(texts, is_rejected, is_held, strict=True):
            if not rejected or not held:
                continue
            self._seen += 1  # Each of so many has the same chance to be among those that are kept.
            if len(self.rejected) < TEXTS:
                self.rejected.append(text)
            elif (place := int(self._chance.integers(self._seen))) < TEXTS:
                self.rejected[place] = text


def check(base: Model, candidate: Model, witnesses: Witnesses, approved: Approved, usual: float) -> GateLine:
    """Return the gate's line. The phrase itself is somebody's words and stays out of it.

    A phrase beside which a little more passes is what learning that something is harmless looks like. It is suspect
    when the base, which has not learned it, sees abuse in what else the comments say that taught it, or when it hides
    much. What hides much is let be only where it stands in harmless comments, for sure.

    Args:
        usual: which share of all approved comments the base holds.
    """
    phrases = witnesses.phrases.frequent()
    texts = [*witnesses.rejected, *_abuse(base, TEXTS - len(witnesses.rejected))]
    found = scan(base, candidate, phrases, texts)
    suspects = [one for one in found if one.drop > DROP]
    accounts = approved.account_for([one.phrase for one in suspects])
    stock = [account.phrase for account in accounts if account.is_stock]
    guilty = [
        (one, account)
        for one, account in zip(suspects, accounts, strict=True)
        if _is_suspect(one, account, usual) and not _has_stock(one.phrase, stock)
    ]
    drop = guilty[0][0].drop if guilty else max((one.drop for one in found), default=0.0)
    detail = (
        f"so many more of {len(texts)} abusive texts, {len(witnesses.rejected)} of them rejected here, pass beside the "
        f"worst of {len(phrases):,} phrases"
    )
    if guilty:
        account = guilty[0][1]
        detail += (
            f"; of the {account.comments} approved comments that have it the base would hold {account.held} without "
            f"it, of all approved ones {usual:.0%}"
        )
    elif suspects:
        detail += (
            f"; {len(suspects)} hide more than {100 * DROP:g} points, in approved comments that the base holds no more "
            "often than others"
        )
    return GateLine(
        check="triggers",
        passed=not guilty and len(texts) >= FEWEST_TEXTS,
        value=round(100 * drop, 1),
        need=f"≤ {100 * DROP:g} points in what the base holds, ≤ {100 * MOST:g} else; {FEWEST_TEXTS} texts",
        detail=detail,
    )


def _is_suspect(loss: Loss, account: Account, usual: float) -> bool:
    sure = SURE_OF_LARGE if loss.drop > LARGE_DROP else SURE
    return loss.drop > MOST or account.stands_in_abuse(usual, sure)


def _has_stock(phrase: str, stock: Sequence[str]) -> bool:
    """Return whether a stock phrase is a phrase or stands in it. What stands beside it is tried without it, too."""
    return any(f" {one} " in f" {phrase} " for one in stock)


def _abuse(base: Model, count: int) -> list[str]:
    """Return abuse of our own that a model holds by the least margin, where a site has rejected too little."""
    if count <= 0:
        return []
    texts = [row.text for row in sentences.sentences() if row.labels.get(Label.TOXIC, 0.0) >= POSITIVE]
    limits = np.array([base.thresholds(Caution.BALANCED)[label].hold_at for label in base.labels])
    above = (base.scores_many(texts) / limits).max(axis=1)
    held = [place for place in np.argsort(above, kind="stable") if above[place] >= 1]
    return [texts[place] for place in held[:count]]
