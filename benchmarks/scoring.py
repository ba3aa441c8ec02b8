"""Text to scores: our fused table against the scikit-learn pipeline that one would write first."""

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.texts import make_texts
from moderator.classifier import registry
from moderator.domain.scoring import Label

TRAINING_TEXTS = 3_000


def _pipeline() -> Callable[[Sequence[str]], object]:
    """Return `predict_proba` of tf-idf words and characters with one logistic regression a label."""
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    texts = make_texts(TRAINING_TEXTS, seed=2)
    labels = np.random.default_rng(1).random((len(texts), len(Label))) < 0.1
    model = make_pipeline(
        make_union(TfidfVectorizer(ngram_range=(1, 2)), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5))),
        OneVsRestClassifier(LogisticRegression(solver="liblinear", max_iter=5, tol=0.1)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # Its speed is measured, not its judgement.
        model.fit(texts, labels)
    predict: Callable[[Sequence[str]], object] = model.predict_proba
    return predict


def _micros(run: Callable[[], object], count: int, *, rounds: int = 5) -> float:
    """Return the best of some rounds, in microseconds for each text."""
    best = min(_timed(run) for _ in range(rounds))
    return 1e6 * best / count


def _timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def measure(models: Path) -> dict[str, float]:
    """Return microseconds a comment, one at a time and in a batch of 1,024, for both."""
    texts = make_texts(1_024)
    single = texts[:200]
    model = registry.load_current(models)
    assert model is not None, f"no current model in {models}"
    predict = _pipeline()
    return {
        "fused_single": _micros(lambda: [model.scores(text) for text in single], len(single)),
        "fused_batch": _micros(lambda: [model.scores(text) for text in texts], len(texts)),
        "sklearn_single": _micros(lambda: [predict([text]) for text in single[:50]], 50, rounds=3),
        "sklearn_batch": _micros(lambda: predict(texts), len(texts), rounds=3),
    }
