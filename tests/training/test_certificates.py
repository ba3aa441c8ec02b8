"""Promises rest on audits that taught nothing: kept in 19 of 20 made sites, and not made where too little is known."""

import msgspec
import numpy as np
import pytest

from moderator.classifier.manifest import Manifest
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.scoring import Caution, Label
from tests.training.changed import tiny
from training.certificates import (
    REJECT_AT,
    Sample,
    _approvals,
    _of_approvals,
    _of_rejections,
    _rejection,
    certify,
    thinned,
)
from training.evidence import Audited
from training.learned import NOT_CERTIFIED

FINE, FOUL = "The minister explains the budget.", "you are a total moron, shut up you clown"


def _uncertified() -> Manifest:
    manifest, _, _ = tiny()
    note = NOT_CERTIFIED.format(manifest.version)
    return msgspec.structs.replace(
        manifest,
        approvals={},
        thresholds={
            caution: {
                label: msgspec.structs.replace(one, reject_at=None, is_certified=False, note=note)
                for label, one in own.items()
            }
            for caution, own in manifest.thresholds.items()
        },
    )


def _audits(count: int, text: str, *, is_rejected: bool, chance: float = 0.02, wrong: int = 0) -> list[Audited]:
    return [
        Audited(CommentId(f"{text[:3]}{number}"), SiteId("s"), text, is_rejected is (number >= wrong), chance)
        for number in range(count)
    ]


def test_enough_audits_without_a_mistake_certify_approvals() -> None:
    _, model, _ = tiny()
    found = certify(_uncertified(), model, _audits(200, FINE, is_rejected=False))
    balanced = found.approvals[Caution.BALANCED]
    assert (balanced.is_certified, balanced.needed) == (True, 0)
    assert balanced.risk_at_most <= 0.02
    assert balanced.audited >= 149
    line = _of_approvals(found)
    assert (line.passed, "certified: cautious, balanced" in line.detail) == (True, True)
    assert all(one.reject_at is None for one in found.thresholds[Caution.BALANCED].values())


def test_too_few_audits_promise_nothing_and_say_how_many_are_missing() -> None:
    _, model, _ = tiny()
    found = certify(_uncertified(), model, _audits(100, FINE, is_rejected=False))
    balanced = found.approvals[Caution.BALANCED]
    assert not balanced.is_certified
    assert balanced.needed == 149 - balanced.audited
    line = _of_approvals(found)
    assert line.passed
    assert f"{balanced.needed} more audited decisions needed" in line.detail
    assert "149 more audited decisions needed" in _of_approvals(_uncertified()).detail


def test_mistakes_are_counted_and_take_the_promise_away() -> None:
    _, model, _ = tiny()
    found = certify(_uncertified(), model, _audits(300, FINE, is_rejected=False, wrong=20))
    assert not any(one.is_certified for one in found.approvals.values())
    assert found.approvals[Caution.BALANCED].risk == pytest.approx(20 / 300, abs=0.02)


def test_a_label_may_reject_where_audits_show_it_and_says_what_is_missing_where_not() -> None:
    _, model, _ = tiny()
    found = certify(_uncertified(), model, _audits(300, FOUL, is_rejected=True, chance=0.1))
    own = found.thresholds[Caution.BALANCED]
    assert own[Label.TOXIC].is_certified
    assert own[Label.TOXIC].reject_at in REJECT_AT
    assert own[Label.THREAT].reject_at is None
    assert own[Label.THREAT].needed
    assert "may reject" in _of_rejections(found).detail
    for few in (_audits(40, FOUL, is_rejected=True), _audits(300, FOUL, is_rejected=True, wrong=30)):
        found = certify(_uncertified(), model, few)
        assert all(one.reject_at is None for one in found.thresholds[Caution.BALANCED].values())
        line = _of_rejections(found)
        assert (line.passed, "rejects nothing" in line.detail) == (True, True)


def test_thinning_lets_every_comment_have_the_same_chance() -> None:
    chances = np.array([0.1] * 20_000 + [0.02] * 5_000)
    ids = [f"c{number}" for number in range(chances.size)]
    part = thinned(Sample(ids, np.zeros((chances.size, 1)), np.zeros(chances.size, np.bool_), chances))
    assert (part.chances == 0.02).sum() == 5_000
    assert (part.chances == 0.1).sum() == pytest.approx(4_000, abs=250)
    empty = Sample([], np.empty((0, 1)), np.empty(0, np.bool_), np.empty(0))
    assert thinned(empty) is empty


def test_promises_about_approvals_are_broken_in_one_of_twenty_made_sites_at_most() -> None:
    """The sites break the promise by a little, so that each certificate is a mistake; mistakes lie near the threshold,
    where five times as many comments are drawn."""
    manifest = _uncertified()
    bounds = manifest.thresholds[Caution.BALANCED]
    low = np.array([[one.hold_at / 2 for one in bounds.values()]], np.float32)
    broken = naive = 0
    for seed in range(300):
        chance = np.random.default_rng(seed)
        near = chance.random(40_000) < 0.1
        wrong = chance.random(40_000) < np.where(near, 0.12, 0.01)  # 2.1 % of all.
        chances = np.where(near, 0.1, 0.02)
        drawn = chance.random(40_000) < chances
        ids = [f"{seed}-{number}" for number in np.flatnonzero(drawn)]
        sample = Sample(ids, np.repeat(low, len(ids), axis=0), wrong[drawn], chances[drawn])
        found = _approvals(manifest, sample)
        broken += found[Caution.BALANCED].is_certified
        part = thinned(sample)
        naive += part.is_rejected.mean() <= 0.02
    assert broken <= 20
    assert naive > 75


def test_promises_about_rejections_are_broken_in_one_of_twenty_made_sites_at_most() -> None:
    broken = 0
    for seed in range(400):
        chance = np.random.default_rng(seed)
        scores = chance.choice([0.85, 0.92, 0.96, 0.99], size=(600, 1))
        right = chance.random(600) < 0.945
        sample = Sample([f"{seed}-{n}" for n in range(600)], scores, right, np.full(600, 0.1))
        broken += _rejection(sample, 0).reject_at is not None
    assert broken <= 26
