"""A learned version: the base and what changed, each checked, and nothing else ever loaded."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderator.classifier import delta as deltas
from moderator.classifier import manifest as manifests
from moderator.classifier import registry
from moderator.classifier.delta import Delta, HouseRules, HouseScorer
from moderator.classifier.features import COLUMNS, columns
from moderator.classifier.model import Model
from moderator.domain.errors import ModelRefused
from tests.learned import a_delta, publish_learned

LEARNED = "learned-1"
TEXTS = ("you total moron", "The minister explains the budget.", "wibbly wobbly", "", "word " * 900 + "moron")


@pytest.fixture
def learned(models: Path) -> Path:
    """Publish a version that learned a word, and return the folder of models."""
    publish_learned(models, LEARNED)
    return models


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / manifests.FILE_NAME
    body = json.loads(path.read_bytes())
    change(body)
    path.write_text(json.dumps(body), "utf-8")


def _base(models: Path) -> Path:
    return models / (registry.current_version(models) or "")


def test_it_changes_what_was_learned_and_nothing_else(learned: Path, model: Model) -> None:
    found = registry.load_version(learned, LEARNED)
    assert found.scores("wibbly wobbly")[0] > model.scores("wibbly wobbly")[0]
    untouched = "Brexit?"
    assert not np.isin(columns("brexit"), columns("wibbly wobbly")).any()
    assert np.array_equal(found.scores(untouched), model.scores(untouched))
    assert np.array_equal(found.scores("wibbly wobbly")[1:], model.scores("wibbly wobbly")[1:])


def test_no_change_scores_as_the_base_bit_for_bit(models: Path, model: Model) -> None:
    _, weights = registry.load_weights(models, registry.read_manifest(models, model.version))
    nothing = Delta(columns=np.empty(0, np.int32), weights=np.empty((0, 8), np.float16))
    same = registry.new_model(registry.read_manifest(models, model.version), nothing.over(weights))
    assert np.array_equal(same.scores_many(TEXTS), model.scores_many(TEXTS))


def test_the_house_rules_are_what_they_are_made_of(models: Path, model: Model) -> None:
    changes = a_delta("wibbly wobbly")
    assert changes.house_rules
    scorer = HouseScorer(model, changes)
    found = columns("wibbly wobbly moron")
    own = np.zeros(COLUMNS)
    own[changes.columns] = changes.house_rules.weights
    length = [
        model.table[block, -1].sum() ** 0.4 for block in (found[found < COLUMNS // 2], found[found >= COLUMNS // 2])
    ]
    idf = np.sqrt(model.table[found, -1])
    parts = own[found] * idf / np.where(found < COLUMNS // 2, *length)
    expected = float(model.logits(found) @ changes.house_rules.mixture + 1.0 + parts.sum())
    assert scorer.logit(found) == pytest.approx(expected, abs=1e-4)
    assert scorer.score("") == pytest.approx(1 / (1 + np.exp(-scorer.offset)), abs=1e-6)


def test_the_worst_window_of_a_long_text_counts(learned: Path) -> None:
    house_rules = registry.load_version(learned, LEARNED).house_rules
    assert house_rules
    assert house_rules("nothing at all " * 300 + "wibbly wobbly") > house_rules("nothing at all " * 300)


def test_a_packed_change_comes_back(models: Path) -> None:
    changes = a_delta("wibbly wobbly")
    back = deltas.unpack(deltas.pack(changes))
    assert np.array_equal(back.columns, changes.columns)
    assert np.array_equal(back.weights, changes.weights)
    assert back.house_rules
    assert back.house_rules.offset == 1.0
    alone = Delta(columns=changes.columns, weights=changes.weights)
    assert deltas.unpack(deltas.pack(alone)).house_rules is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": np.array([3, 2], np.int32)},
        {"columns": np.array([1, COLUMNS], np.int32)},
        {"columns": np.array([-1, 2], np.int32)},
        {"weights": np.zeros((3, 8), np.float16)},
        {"weights": np.full((2, 8), np.nan, np.float16)},
        {"house_rules": HouseRules(mixture=np.zeros(7), offset=0.0, weights=np.zeros(2))},
        {"house_rules": HouseRules(mixture=np.zeros(8), offset=np.inf, weights=np.zeros(2))},
    ],
    ids=["unsorted", "too large", "negative", "other rows", "not finite", "other labels", "no offset"],
)
def test_a_change_that_fits_nothing_is_none(wrong: dict[str, Any]) -> None:
    right = {"columns": np.array([1, 2], np.int32), "weights": np.zeros((2, 8), np.float16)}
    Delta(**right)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"."):
        Delta(**{**right, **wrong})  # type: ignore[arg-type]


def _retrain_base(models: Path) -> None:
    """Give the base other weights, with a manifest that describes them rightly."""
    import io

    import joblib

    folder = _base(models)
    stored = joblib.load(folder / registry.WEIGHTS)
    stored["intercepts"] = stored["intercepts"] + 1e-6
    packed = io.BytesIO()
    joblib.dump(stored, packed)
    content = packed.getvalue()
    (folder / registry.WEIGHTS).write_bytes(content)
    described = {"name": registry.WEIGHTS, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    _edit(folder, lambda body: body.update(files=[described]))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "another base": (_retrain_base, r"does not have the"),
    "no base": (lambda models: shutil.rmtree(_base(models)), "cannot be read"),
    "a base that is none": (
        lambda models: _edit(models / LEARNED, lambda body: body.update(parent=LEARNED)),
        "no base version",
    ),
    "other labels": (
        lambda models: _edit(models / LEARNED, lambda body: body["labels"].reverse()),
        "no base version",
    ),
    "no parent": (lambda models: _edit(models / LEARNED, lambda body: body.update(parent=None)), "fitted on"),
    "a parent that leaves the folder": (
        lambda models: _edit(models / LEARNED, lambda body: body.update(parent="../elsewhere")),
        "not the name",
    ),
    "no change": (lambda models: (models / LEARNED / deltas.FILE_NAME).unlink(), "cannot be read"),
    "a change not described": (
        lambda models: _edit(models / LEARNED, lambda body: body.update(files=[])),
        "describes no delta",
    ),
    "house rules that score otherwise": (
        lambda models: _edit(models / LEARNED, lambda body: body["golden"][2].update(house_rules=0.123)),
        "house rules",
    ),
    "golden examples without house rules": (
        lambda models: _edit(models / LEARNED, lambda body: body["golden"][2].update(house_rules=None)),
        "house rules",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_version_is_refused_with_the_reason(learned: Path, damage: str) -> None:
    harm, message = DAMAGES[damage]
    registry.load_version(learned, LEARNED)
    harm(learned)
    with pytest.raises(ModelRefused, match=message):
        registry.load_version(learned, LEARNED)


def test_no_flipped_bit_of_a_change_is_loaded(learned: Path) -> None:
    path = learned / LEARNED / deltas.FILE_NAME
    whole = path.read_bytes()
    chance = random.Random(1)
    for _ in range(100):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        with pytest.raises(ModelRefused):
            registry.load_version(learned, LEARNED)


def test_activating_and_going_back(learned: Path, model: Model) -> None:
    before = model.scores_many(TEXTS)
    registry.activate(learned, LEARNED)
    assert not np.array_equal(registry.load_version(learned, LEARNED).scores_many(TEXTS), before)
    assert registry.rollback(learned) == model.version
    found = registry.load_current(learned)
    assert found
    assert np.array_equal(found.scores_many(TEXTS), before)
