"""Candidates that deserve to be refused: the tiny model with the weights of some words moved by hand."""

from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from moderator.classifier import registry
from moderator.classifier.delta import Delta
from moderator.classifier.features import CHARACTERS, columns
from moderator.classifier.manifest import Manifest
from moderator.classifier.model import Model, Weights
from moderator.classifier.normalise import normalise
from moderator.domain.scoring import Caution
from tests.tiny import _OBJECTS, _SUBJECTS, _VERBS, publish_tiny


@cache
def tiny() -> tuple[Manifest, Model, Weights]:
    """Return the tiny version's manifest, model and weights."""
    with TemporaryDirectory() as folder:
        manifest = registry.read_manifest(Path(folder), publish_tiny(Path(folder)))
        model, weights = registry.load_weights(Path(folder), manifest)
        return manifest, model, weights


def changed(*words: str, by: float) -> Model:
    """Return the tiny model with all labels' weights of some words, and of pairs of words, changed."""
    manifest, _, weights = tiny()
    found = np.unique(np.concatenate([columns(normalise(text)) for text in words]))
    chosen = found[found >= CHARACTERS].astype(np.int32)  # Other words have the characters' n-grams, too.
    delta = Delta(columns=chosen, weights=np.full((chosen.size, len(manifest.labels)), by, np.float16))
    return registry.new_model(manifest, delta.over(weights))


@cache
def harmless() -> tuple[str, ...]:
    """Return sentences that the tiny model approves."""
    _, model, _ = tiny()
    texts = [f"{subject} {verb} {thing}" for subject, verb, thing in product(_SUBJECTS, _VERBS, _OBJECTS)]
    limits = [model.thresholds(Caution.BALANCED)[label].hold_at for label in model.labels]
    is_held = (model.scores_many(texts) >= limits).any(axis=1).tolist()
    return tuple(text for text, held in zip(texts, is_held, strict=True) if not held)
