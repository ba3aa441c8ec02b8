"""The risk-coverage curve is whole, compact, and rises."""

import numpy as np
import pytest

from moderator.domain.scoring import Label
from tests.training.made import a_stand
from training.approval import Stand
from training.curve import risk_coverage


def test_more_approved_means_more_rule_breakers_among_them() -> None:
    curve = risk_coverage(a_stand(6_000, seed=1), np.ones(2), np.full(2, -3.0))
    shares, risks = [one.share for one in curve.approved], [one.risk for one in curve.approved]
    assert shares == sorted(shares)
    assert risks == pytest.approx(sorted(risks), abs=0.002)
    assert shares[0] < 0.6
    assert (shares[-1], risks[-1]) == (1.0, curve.abuse)  # Approving everything approves all that break the rules.
    assert all(one.low <= one.risk <= one.high for one in (*curve.approved, *curve.automated))
    assert len(curve.approved) + len(curve.automated) <= 60


def test_deciding_everything_is_the_last_point() -> None:
    stand = a_stand(6_000, seed=2)
    curve = risk_coverage(stand, np.ones(2), np.full(2, -3.0))
    shares = [one.share for one in curve.automated]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    rejected = (stand.abuse.max(axis=1) > 3.0).mean(), (stand.harmless.max(axis=1) > 3.0).mean()
    wrong = 0.05 * (1 - rejected[0]) + 0.95 * rejected[1]
    assert curve.automated[-1].risk == pytest.approx(wrong, abs=1e-4)


def test_spam_counts_with_its_own_share_and_only_where_it_is_scored() -> None:
    plain = a_stand(900, seed=3)
    assert risk_coverage(plain, np.ones(2), np.zeros(2)).spam == 0
    rows = {"harmless_choosing": plain.harmless_choosing, "harmless": plain.harmless, "abuse": plain.abuse}
    with_spam = Stand(labels=(Label.TOXIC, Label.SPAM), spam=plain.abuse[:50], **rows)
    curve = risk_coverage(with_spam, np.ones(2), np.zeros(2))
    assert curve.spam == 0.05
    assert curve.approved[-1].risk == pytest.approx(0.1)
    assert curve.breaking_rows == 350
