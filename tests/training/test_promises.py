"""What a version promises follows from rows and logits alone."""

import numpy as np
import pytest

from moderator.domain.scoring import Caution, Label
from tests.training.made import a_row
from training.corpora import BadData, Row
from training.promises import Promises, make_promises

LABELS = (Label.TOXIC, Label.SPAM)


def _corpus(harmless: int, seed: int, *, separation: float) -> tuple[list[Row], np.ndarray]:
    chance = np.random.default_rng(seed)
    rows = [a_row(number=number, toxic=0, spam=0) for number in range(harmless)]
    rows += [a_row(number=harmless + number, toxic=1) for number in range(900)]
    rows += [a_row(number=harmless + 900 + number, spam=1) for number in range(600)]
    logits = chance.normal(0, 1, (len(rows), 2))
    logits[harmless : harmless + 900, 0] += separation
    logits[harmless + 900 :, 1] += separation
    return rows, logits


@pytest.fixture(scope="module")
def clear() -> Promises:
    steps: list[tuple[int, int]] = []
    found = make_promises(*_corpus(6_000, 1, separation=9.0), LABELS, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]
    return found


def test_clear_scores_certify_both_ways(clear: Promises) -> None:
    for caution in Caution:
        assert clear.approvals[caution].is_certified
        for threshold in clear.thresholds[caution].values():
            assert threshold.reject_at is not None
            assert 0 < threshold.hold_at <= threshold.reject_at < 1
            assert threshold.is_certified
            assert threshold.missed < 0.02
            assert threshold.note == ""


def test_caution_lowers_the_thresholds(clear: Promises) -> None:
    for label in LABELS:
        hold_at = [clear.thresholds[caution][label].hold_at for caution in Caution]
        assert hold_at == sorted(hold_at)


def test_muddy_scores_hold_and_say_what_is_missing() -> None:
    found = make_promises(*_corpus(900, 2, separation=1.5), LABELS, lambda _done, _total: None)
    permissive = found.approvals[Caution.PERMISSIVE]
    assert not permissive.is_certified
    assert "149 more audited approvals" in permissive.note
    toxic = found.thresholds[Caution.PERMISSIVE][Label.TOXIC]
    assert toxic.reject_at is None
    assert not toxic.is_certified
    assert toxic.needed
    assert f"{toxic.needed:,} more labelled harmless comments" in toxic.note


def test_too_few_positives_promise_nothing() -> None:
    rows, logits = _corpus(900, 3, separation=4.0)
    few = [number for number, row in enumerate(rows) if not row.is_positive(Label.SPAM) or number == len(rows) - 1]
    found = make_promises([rows[number] for number in few], logits[few], LABELS, lambda _done, _total: None)
    spam = found.thresholds[Caution.BALANCED][Label.SPAM]
    assert spam.reject_at is None
    assert spam.needed is None
    assert "too few labelled positives" in spam.note
    assert spam.missed == 1.0 or spam.missed >= 0.95


def test_a_label_without_positives_is_no_label() -> None:
    rows = [a_row(number=number, toxic=0) for number in range(20)]
    with pytest.raises(BadData, match="both"):
        make_promises(rows, np.zeros((20, 1)), (Label.TOXIC,), lambda _done, _total: None)
