"""What goes into a column comes out of it."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.policy import Action, Reason, Rule
from moderator.domain.scoring import Label, Span
from moderator.storage import columns

MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
REASONS = st.builds(
    Reason,
    code=st.sampled_from(Rule),
    action=st.sampled_from(Action),
    detail=st.text(),
    label=st.none() | st.sampled_from(Label),
    score=st.none() | st.floats(0, 1),
    threshold=st.none() | st.floats(0, 1),
)


@given(MOMENTS)
def test_a_time_loses_less_than_a_millisecond(moment: datetime) -> None:
    back = columns.from_ms(columns.to_ms(moment))
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert columns.to_ms(back) == columns.to_ms(moment)


def test_a_time_is_the_same_moment_in_every_zone() -> None:
    berlin = datetime(2026, 11, 24, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    assert columns.from_ms(columns.to_ms(berlin)) == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_no_time_is_none() -> None:
    assert columns.from_ms_or_none(None) is None
    assert columns.from_ms_or_none(1_500) == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)


@given(st.lists(REASONS).map(tuple))
def test_reasons_come_back_as_they_were(reasons: tuple[Reason, ...]) -> None:
    assert columns.reasons_from_json(columns.reasons_to_json(reasons)) == reasons


def test_spans_come_back_with_four_digits_of_their_weight() -> None:
    spans = (
        Span(start=0, end=5, label=Label.INSULT, weight=0.123456),
        Span(start=7, end=9, label=Label.SPAM, weight=1.0),
    )
    found = columns.spans_from_json(columns.spans_to_json(spans))
    assert found == (Span(start=0, end=5, label=Label.INSULT, weight=0.1235), spans[1])
    assert columns.spans_from_json(columns.spans_to_json(())) == ()


def test_the_same_value_is_the_same_text() -> None:
    assert columns.to_json({"b": 1, "a": "ä"}) == columns.to_json({"a": "ä", "b": 1}) == '{"a":"ä","b":1}'
