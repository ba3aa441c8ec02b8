"""What becomes of a version that passed the gate."""

from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from moderator.classifier import registry
from moderator.domain.ids import SiteId
from moderator.settings import Settings
from tests.learned import publish_learned
from tests.tiny import NOW, publish_tiny
from training.__main__ import _promotion
from training.promotion import Became, Promotion, promote
from training.run import Outcome, Ran
from training.telling import tell

SITE = SiteId("site-1")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    publish_tiny(tmp_path)
    return tmp_path


@pytest.fixture
def learned(models: Path) -> str:
    return publish_learned(models)


@pytest.mark.parametrize("site", [None, SITE])
def test_each_way_goes_as_far_as_it_says(models: Path, learned: str, site: SiteId | None) -> None:
    base = registry.version_used_by(models, site)
    assert promote(models, learned, site, Promotion.OFF, NOW) is Became.NOTHING
    assert registry.find_trial(models, site) is None
    assert promote(models, learned, site, Promotion.TRIAL, NOW) is Became.SHADOWED
    trial = registry.find_trial(models, site)
    assert trial
    assert not trial.promotes
    assert promote(models, learned, site, Promotion.SHADOW, NOW) is Became.SHADOWED
    trial = registry.find_trial(models, site)
    assert trial
    assert trial.promotes
    assert registry.version_used_by(models, site) == base
    assert promote(models, learned, site, Promotion.ON, NOW) is Became.ACTIVATED
    assert registry.version_used_by(models, site) == learned
    assert registry.current_version(models) == (learned if site is None else base)


def test_a_trial_does_not_begin_anew_and_the_version_in_use_needs_none(models: Path, learned: str) -> None:
    promote(models, learned, None, Promotion.SHADOW, NOW)
    first = registry.find_trial(models)
    promote(models, learned, None, Promotion.SHADOW, NOW + timedelta(days=1))
    assert registry.find_trial(models) == first
    registry.activate(models, learned, SITE)
    assert promote(models, learned, SITE, Promotion.SHADOW, NOW) is Became.NOTHING


def test_asking_for_a_trial_goes_no_less_far_than_the_setting() -> None:
    assert _promotion(Settings(), shadow=False) is Promotion.OFF
    assert _promotion(Settings(), shadow=True) is Promotion.TRIAL
    assert _promotion(Settings(promotion="shadow"), shadow=True) is Promotion.SHADOW
    assert _promotion(Settings(promotion="on"), shadow=False) is Promotion.ON


@pytest.mark.parametrize(
    ("outcome", "shadow", "site", "says"),
    [
        (Outcome.ACTIVATED, False, "site-1", "`moderator model rollback --site site-1` goes back"),
        (Outcome.PUBLISHED, False, None, "`moderator model activate learned-1` uses it"),
        (Outcome.PUBLISHED, True, None, "learned-1 is published and on trial"),
    ],
)
def test_the_next_step_is_told(outcome: Outcome, shadow: bool, site: str | None, says: str) -> None:
    console = Console(record=True, width=200)
    tell(Ran(outcome=outcome, version="learned-1", previous="base-1", gate=[], shadow=shadow, site=site), console)
    assert says in console.export_text()
