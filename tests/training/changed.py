"""Candidates that deserve to be refused: the tiny model with the weights of some words moved by hand."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from moderator.classifier import registry
from moderator.classifier.delta import Delta
from moderator.classifier.features import columns
from moderator.classifier.manifest import Manifest
from moderator.classifier.model import Model, Weights
from moderator.classifier.normalise import normalise
from tests.tiny import publish_tiny


@cache
def tiny() -> tuple[Manifest, Model, Weights]:
    """Return the tiny version's manifest, model and weights."""
    with TemporaryDirectory() as folder:
        manifest = registry.read_manifest(Path(folder), publish_tiny(Path(folder)))
        model, weights = registry.load_weights(Path(folder), manifest)
        return manifest, model, weights


def changed(*words: str, by: float) -> Model:
    """Return the tiny model with all labels' weights of some texts' n-grams changed."""
    manifest, _, weights = tiny()
    chosen = np.unique(np.concatenate([columns(normalise(text)) for text in words])).astype(np.int32)
    delta = Delta(columns=chosen, weights=np.full((chosen.size, len(manifest.labels)), by, np.float16))
    return registry.new_model(manifest, delta.over(weights))
