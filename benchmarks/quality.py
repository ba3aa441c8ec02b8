"""Our `toxic` beside alt-profanity-check, on the test rows of public sets: area under the ROC curve.

    python -m benchmarks quality --data ../shared/data

A figure on texts that a model was trained on says nothing, so the table names who saw what.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from moderator.classifier import registry
from moderator.domain.scoring import Label
from training import corpora

SETS: Final = (
    "civil_raw", "civil_lower", "ucc_news_nc", "surge_toxicity", "davidson", "wiki_detox_test", "wiki_context",
    "jigsaw_six", "jigsaw_wiki",
)  # fmt: skip
# Its README: 200,000 texts from the tweets of Davidson et al. and the Jigsaw comments from Wikipedia, train and test.
# The Detox set and the Jigsaw comments are drawn from the same corpus of talk pages.
SEEN_BY_PEER: Final = {
    "davidson": "trained on it", "jigsaw_six": "trained on it", "jigsaw_wiki": "trained on it",
    "wiki_detox_test": "in part",
}  # fmt: skip

Floats = NDArray[np.floating]


def measure(models: Path, data: Path) -> dict[str, Any]:
    """Return, for each set, rows, positives, both areas and what the peer saw of it."""
    from sklearn.metrics import roc_auc_score

    model = registry.load_current(models)
    assert model is not None, f"no current model in {models}"
    toxic = model.labels.index(Label.TOXIC)
    peer = _peer()
    found: dict[str, Any] = {}
    for name in SETS:
        path = data / f"{name}.jsonl.gz"
        if not path.exists():
            continue
        rows = [row for row in corpora.read(path) if row.split == "test" and Label.TOXIC in row.labels]
        positive = np.array([bool(row.is_positive(Label.TOXIC)) for row in rows])
        texts = [row.text for row in rows]
        found[name] = {
            "rows": len(rows),
            "positives": int(positive.sum()),
            "ours": round(float(roc_auc_score(positive, model.scores_many(texts)[:, toxic])), 4),
            "alt-profanity-check": round(float(roc_auc_score(positive, peer(texts))), 4) if peer else None,
            "seen_by_us": "its train rows" if _teaches(path) else "no",
            "seen_by_peer": SEEN_BY_PEER.get(name, "no"),
        }
    return found


def _teaches(path: Path) -> bool:
    return any(
        row.split == "train" and corpora.source(row.source).weight(Label.TOXIC) > 0 for row in corpora.read(path)
    )


def _peer() -> Callable[[Sequence[str]], Floats] | None:
    try:
        predict: Callable[[Sequence[str]], Floats] = import_module("profanity_check").predict_prob
    except ImportError:
        return None
    return predict
