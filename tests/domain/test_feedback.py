"""What a label from outside may say, and that it never weighs as much as a moderator's decision."""

from dataclasses import replace

import pytest

from moderator.domain.feedback import TRUST, Feedback, Provenance
from moderator.domain.ids import CommentId, FeedbackId, SiteId
from moderator.domain.scoring import Label
from tests.builders import NOON

GIVEN = Feedback(
    id=FeedbackId("feedback-1"),
    site_id=SiteId("site-1"),
    label=Label.SPAM,
    value=1.0,
    provenance=Provenance.SITE_STAFF,
    given_at=NOON,
    text="Buy my pills.",
)


def test_every_provenance_is_trusted_a_little_and_less_than_a_moderator() -> None:
    assert set(TRUST) == set(Provenance)
    assert all(0 < trust < 1 for trust in TRUST.values())


@pytest.mark.parametrize("changed", [{"value": 1.5}, {"value": -0.1}, {"text": None}, {"comment_id": CommentId("c")}])
def test_a_label_without_a_text_or_a_meaning_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"probability|about"):
        replace(GIVEN, **changed)  # type: ignore[arg-type]
