"""What is loaded follows the files that name versions; on any doubt each scope keeps what it has."""

from pathlib import Path

import numpy as np
import pytest

from moderator.classifier import delta as deltas
from moderator.classifier import registry
from moderator.classifier.pointers import CURRENT, SHADOW, Trial
from moderator.classifier.scorer import Scorer
from moderator.classifier.serving import Serving, load
from moderator.domain.ids import SiteId
from tests.learned import publish_learned

SITE, OTHER = SiteId("site-1"), SiteId("site-2")


@pytest.fixture
def base(models: Path) -> str:
    return registry.current_version(models) or ""


@pytest.fixture
def learned(models: Path) -> str:
    return publish_learned(models)


def test_a_version_that_several_use_is_loaded_once_and_never_again(models: Path, base: str, learned: str) -> None:
    registry.activate(models, learned, SITE)
    registry.activate(models, learned, OTHER)
    registry.start_trial(models, Trial(version=learned, started_ms=1))
    first = load(models, Serving(shared=Scorer(None)))
    assert first.versions() == {None: base, SITE: learned, OTHER: learned}
    assert first.sites[SITE] is first.sites[OTHER] is first.candidates[None].scorer
    registry.rollback(models, OTHER)
    second = load(models, first)
    assert second.versions() == {None: base, SITE: learned}
    assert second.sites[SITE] is first.sites[SITE]
    assert second.shared is first.shared
    assert second.refused == {}


def test_a_sites_broken_version_leaves_it_the_shared_one(models: Path, base: str, learned: str) -> None:
    registry.activate(models, learned, SITE)
    (models / learned / deltas.FILE_NAME).write_bytes(b"damaged")
    found = load(models, Serving(shared=Scorer(None)))
    assert found.versions() == {None: base}
    assert learned in found.refused[CURRENT, SITE]


def test_a_site_keeps_its_version_when_its_file_is_damaged(models: Path, learned: str) -> None:
    registry.activate(models, learned, SITE)
    before = load(models, Serving(shared=Scorer(None)))
    (models / "sites" / SITE / CURRENT).write_text("?")
    (models / CURRENT).write_text("missing-1")
    (models / SHADOW).write_text("?")
    after = load(models, before)
    assert after.versions() == before.versions()
    assert set(after.refused) == {(CURRENT, SITE), (CURRENT, None), (SHADOW, None)}


def test_going_back_gives_the_earlier_scores_bit_for_bit(models: Path, learned: str) -> None:
    texts = ["wibbly wobbly", "You total moron!", "The minister explains the budget.", "word " * 900]
    first = load(models, Serving(shared=Scorer(None)))
    registry.activate(models, learned)
    second = load(models, first)
    registry.rollback(models)
    third = load(models, second)
    assert third.shared is not first.shared
    for scored, again in zip(first.shared.score_many(texts), third.shared.score_many(texts), strict=True):
        assert scored == again
    assert second.shared.score_many(texts) != first.shared.score_many(texts)


def test_a_sites_version_does_not_keep_its_base_in_memory(models: Path, learned: str) -> None:
    found = registry.load_version(models, learned)
    house = getattr(found.house_rules, "__self__", None)
    assert house is not None
    assert np.shares_memory(house.squares, found.table)
