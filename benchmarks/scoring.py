"""Text to scores: our fused table against scikit-learn doing the same, and against what one may install instead."""

import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import rspamd
from benchmarks.texts import make_texts
from moderator.classifier import registry
from moderator.classifier.features import CHARACTERS, COLUMNS, ORDERS
from moderator.classifier.normalise import normalise
from moderator.classifier.scorer import Scorer
from moderator.domain.scoring import Label

TRAINING_TEXTS = 2_000
SINGLE = 200
FEW = 40  # Of what takes milliseconds.

Predict = Callable[[Sequence[str]], object]


def _same_features() -> Any:
    """Return the features that ours are, as one writes them with scikit-learn's own parts: the same n-grams, as sets,
    hashed to as many columns, weighted by inverse document frequency, each block scaled for itself."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.preprocessing import FunctionTransformer

    def block(columns: int, **named: Any) -> Any:
        hashing = HashingVectorizer(
            lowercase=False, binary=True, norm=None, alternate_sign=False, n_features=columns, **named
        )
        return make_pipeline(hashing, TfidfTransformer())

    return make_pipeline(
        FunctionTransformer(_normalise_all),
        make_union(
            block(CHARACTERS, analyzer="char_wb", ngram_range=(min(ORDERS), max(ORDERS))),
            block(COLUMNS - CHARACTERS, token_pattern=r"\S+", ngram_range=(1, 2)),
        ),
    )


def _normalise_all(texts: Iterable[str]) -> list[str]:
    return [normalise(text) for text in texts]


def _usual_features() -> Any:
    """Return what one would write first: tf-idf of words and of characters within words, with their vocabularies."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(TfidfVectorizer(ngram_range=(1, 2)), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)))


def _fitted(features: Any) -> Predict:
    """Return `predict_proba` of some features with one logistic regression a label."""
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    texts = make_texts(TRAINING_TEXTS, seed=2)
    labels = np.random.default_rng(1).random((len(texts), len(Label))) < 0.1
    model = make_pipeline(features, OneVsRestClassifier(LogisticRegression(solver="liblinear", max_iter=5, tol=0.1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # Its speed is measured, not its judgement.
        model.fit(texts, labels)
    predict: Predict = model.predict_proba
    return predict


def _alt_profanity_check() -> Predict:
    predict: Predict = import_module("profanity_check").predict_prob
    return predict


def _better_profanity_rs() -> Predict:
    contains = import_module("better_profanity_rs").profanity.contains_profanity
    contains("load the list")
    return lambda texts: [contains(text) for text in texts]


PEERS: dict[str, Callable[[], Predict]] = {
    "alt-profanity-check": _alt_profanity_check,
    "better-profanity-rs": _better_profanity_rs,
}


def _micros(run: Callable[[], object], count: int, *, rounds: int = 5) -> float:
    """Return the best of some rounds, in microseconds for each text."""
    best = min(_timed(run) for _ in range(rounds))
    return 1e6 * best / count


def _each(run: Callable[[str], object], texts: Sequence[str], *, rounds: int) -> float:
    """Return the mean over texts of the best of some rounds: what else runs on the machine hardly hits all rounds."""
    rows = ([_timed(partial(run, text)) for text in texts] for _ in range(rounds))
    best = [min(times) for times in zip(*rows, strict=True)]
    return 1e6 * sum(best) / len(best)


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _both(predict: Predict, texts: Sequence[str]) -> dict[str, float]:
    """Return microseconds a comment, one at a time and in one batch."""
    few = texts[:FEW]
    return {
        "single": _each(lambda text: predict([text]), few, rounds=4),
        "batch": _micros(lambda: predict(texts), len(texts), rounds=3),
    }


def _peers(texts: Sequence[str]) -> dict[str, dict[str, float] | str]:
    """Return the times of each peer, or why there are none."""
    found: dict[str, dict[str, float] | str] = {}
    for name, load in PEERS.items():
        try:
            found[name] = _both(load(), texts)
        except ImportError as error:
            found[name] = f"not installed ({error}); it is in the group `bench`"
    try:
        with rspamd.running() as address:
            few = texts[:FEW]
            found["rspamd over HTTP"] = {"single": _each(lambda text: rspamd.check(address, [text]), few, rounds=4)}
    except rspamd.Missing as error:
        found["rspamd over HTTP"] = str(error)
    return found


def measure(models: Path) -> dict[str, Any]:
    """Return microseconds a comment, one at a time and in a batch of 1,024, for us, scikit-learn and peers."""
    texts = make_texts(1_024)
    single = texts[:SINGLE]
    loading = min(_timed(lambda: registry.load_current(models)) for _ in range(5))
    model = registry.load_current(models)
    assert model is not None, f"no current model in {models}"
    scorer = Scorer(model)
    same = _fitted(_same_features())

    # Ours before and after the rival, so that a neighbour on the machine does not fall on one of them alone.
    def ours() -> dict[str, float]:
        return {
            "single": _each(model.scores, single, rounds=20),
            "batch": _micros(lambda: model.scores_many(texts), len(texts), rounds=10),
        }

    before, theirs, after = ours(), _both(same, texts), ours()
    return {
        "ours": {kind: min(before[kind], after[kind]) for kind in before},
        "with_signals": _each(scorer.score, single, rounds=20),
        "load_seconds": loading,
        "same_features": theirs,
        "usual_features": _both(_fitted(_usual_features()), texts),
        "peers": _peers(texts),
    }
