"""A version that learned some words, on top of the tiny one: made in a moment, and real."""

from pathlib import Path

import msgspec
import numpy as np

from moderator.classifier import delta as deltas
from moderator.classifier import registry
from moderator.classifier.delta import Delta, HouseRules, HouseScorer
from moderator.classifier.features import columns
from moderator.classifier.manifest import File, Golden, Learned, Manifest


def a_delta(*texts: str, amount: float = 2.0) -> Delta:
    """Return a change of `toxic` for every n-gram of some texts."""
    chosen = np.unique(np.concatenate([columns(text) for text in texts])).astype(np.int32)
    weights = np.zeros((chosen.size, 8), np.float16)
    weights[:, 0] = amount
    house = HouseRules(
        mixture=np.full(8, 0.25, np.float32), offset=1.0, weights=np.full(chosen.size, amount, np.float16)
    )
    return Delta(columns=chosen, weights=weights, house_rules=house)


def publish_learned(models: Path, version: str = "learned-1", *texts: str, amount: float = 2.0) -> str:
    """Publish a version that learned some texts on top of the base in use, and return its name."""
    current = registry.read_manifest(models, registry.current_version(models) or "")
    base = registry.read_manifest(models, current.parent) if current.parent else current
    model, weights = registry.load_weights(models, base)
    changes = a_delta(*(texts or ("wibbly wobbly",)), amount=amount)

    def describe(files: list[File]) -> Manifest:
        described = msgspec.structs.replace(base, version=version, parent=base.version, files=files)
        own = registry.new_model(described, changes.over(weights), HouseScorer(model, changes).score)
        assert own.house_rules
        return msgspec.structs.replace(
            described,
            golden=[
                Golden(
                    text=one.text,
                    scores=dict(zip(own.labels, own.scores(one.text).tolist(), strict=True)),
                    house_rules=own.house_rules(one.text),
                )
                for one in base.golden
            ],
            learned=Learned(base=base.files[0], sites=[], rows=9, waiting=0, since="", until="", labels={}, gate=[]),
        )

    registry.publish(models, version, {deltas.FILE_NAME: deltas.pack(changes)}, describe)
    return version
