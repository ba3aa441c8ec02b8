"""What is approved keeps its promise on all but a few made sites, at a price that was stated, counted where it may."""

import numpy as np
import pytest

from moderator.domain.scoring import Caution, Label
from tests.training.made import a_row, a_stand
from training import approval
from training.approval import (
    LEVELS,
    PRICES,
    PROMISE,
    Counted,
    Price,
    Risk,
    Stand,
    is_held,
    risk_from,
    risk_of,
    stand_of,
    walk,
)
from training.exact import CONFIDENCE

SITES = 500


def _risks(stand: Stand) -> np.ndarray:
    """The risk of each candidate as it looks on the rows at hand."""
    missed, approved = (
        np.array([1 - is_held(rows, one).mean() for one in stand.candidates]) for rows in (stand.abuse, stand.harmless)
    )
    return 0.05 * missed / (0.05 * missed + 0.95 * approved)


def test_promises_are_broken_at_most_as_often_as_the_confidence_allows_and_looking_good_breaks_far_more() -> None:
    truth = a_stand(90_000, seed=0)
    issued = broken = naively_broken = 0
    for seed in range(1, SITES + 1):
        stand = a_stand(2_400, seed)
        kept = walk(stand, stand.candidates, abuse=0.05, spam=0.0)
        if kept:
            issued += 1
            broken += risk_of(truth, stand.candidates[kept - 1], abuse=0.05, spam=0.0).risk > PROMISE
        laxest = int(np.flatnonzero(_risks(stand) <= PROMISE).max())
        naively_broken += risk_of(truth, stand.candidates[laxest], abuse=0.05, spam=0.0).risk > PROMISE
    assert issued > SITES / 2
    assert broken <= (1 - CONFIDENCE) * SITES
    assert 0.2 < naively_broken / SITES < 0.75


def test_prices_are_kept_on_rows_that_did_not_choose_them() -> None:
    stand = a_stand(30_000, seed=1)
    for caution, price in LEVELS.items():
        chosen = approval.choose_level(stand, 0, price)
        held = is_held(stand.harmless, stand.candidates[chosen]).mean()
        assert held == pytest.approx(price.plain, rel=0.15), caution


def test_dearer_candidates_hold_more() -> None:
    stand = a_stand(3_000, seed=2)
    assert (np.diff(stand.candidates, axis=0) >= 0).all()
    held = [is_held(stand.harmless, one).mean() for one in stand.candidates]
    assert held == sorted(held, reverse=True)


def test_a_level_costs_a_little_more_where_that_keeps_the_promise() -> None:
    stand = a_stand(3_000, seed=3)
    plain = approval.choose(stand.harmless_choosing, stand.candidates, 0.10)
    price = Price(0.10, 0.125)
    assert approval.choose_level(stand, PRICES.size, price) == plain  # Kept anyway.
    assert approval.choose_level(stand, plain, price) == plain - 1  # A step dearer keeps it.
    assert approval.choose_level(stand, 2, price) == plain  # Far too dear.
    assert approval.choose_level(stand, 0, price) == plain  # Nothing keeps it.


def test_a_promise_that_is_not_kept_says_what_would_show_it() -> None:
    stand = a_stand(3_000, seed=4)
    hold_from = stand.candidates[-1]
    price = LEVELS[Caution.PERMISSIVE]
    lax = approval.describe(stand, hold_from, price, is_certified=False, abuse=0.05, spam=0.0)
    assert not lax.is_certified
    assert lax.needed == 149  # 0.98 ** 149 < 0.05
    assert "149 more audited approvals" in lax.note
    strict = approval.describe(stand, stand.candidates[0], price, is_certified=True, abuse=0.05, spam=0.0)
    assert strict.needed == 0
    assert strict.note == ""
    assert strict.risk < strict.risk_at_most < lax.risk_at_most
    assert strict.approved < lax.approved


def test_risks_follow_from_the_shares_of_each_kind() -> None:
    found = risk_from([Counted(10, 100, 0.05), Counted(0, 0, 0.0)], [Counted(900, 1_000, 0.95)])
    assert found.share == pytest.approx(0.05 * 0.1 + 0.95 * 0.9)
    assert found.risk == pytest.approx(0.005 / found.share)
    assert found.low < found.risk < found.high


def test_a_kind_that_nobody_has_seen_may_be_all_approved() -> None:
    assert risk_from([Counted(0, 0, 0.05)], [Counted(95, 100, 0.95)]).high > 0.05
    assert risk_from([Counted(0, 10, 0.05)], [Counted(0, 10, 0.95)]) == Risk(0.0, 0.0, 0.0, 1.0)


def test_rows_are_what_somebody_said_they_are() -> None:
    rows = [
        a_row(number=1, toxic=1),
        a_row(number=2, toxic=0),
        a_row(number=3, toxic=0, insult=1),
        a_row(number=4, spam=1),
        a_row(number=5, spam=0),
        a_row(number=6, source="paradetox", toxic=0),
        a_row(number=7, source="papers_nc", toxic=1),
    ]
    logits = np.arange(len(rows) * 2.0).reshape(-1, 2)
    stand = stand_of(rows, logits, (Label.TOXIC, Label.SPAM))
    assert stand.abuse[:, 0].tolist() == [0.0, 4.0]
    assert stand.spam[:, 0].tolist() == [6.0]
    assert [*stand.harmless[:, 0], *stand.harmless_choosing[:, 0]] == [2.0]


def test_without_harmless_rows_everything_is_held() -> None:
    stand = stand_of([a_row(number=1, toxic=1)], np.zeros((1, 1)), (Label.TOXIC,))
    assert is_held(np.full((1, 1), -50.0), stand.candidates[-1]).all()
    assert approval.choose_level(stand, 0, LEVELS[Caution.BALANCED]) == PRICES.size - 1
    described = approval.describe(
        stand, stand.candidates[0], LEVELS[Caution.BALANCED], is_certified=False, abuse=0.05, spam=0.0
    )
    assert described.held == 1.0


def test_thresholds_are_never_nothing() -> None:
    assert approval.as_threshold(0.0) == 1e-6
    assert approval.as_threshold(0.12345678) == 0.123457
