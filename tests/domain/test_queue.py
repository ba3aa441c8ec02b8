"""Filters of the queue, what they leave, and where a case's number comes from."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.ids import SiteId
from moderator.domain.queue import EVERYTHING, FACETS, Filter, Group, explain, sum_up
from moderator.domain.review import REPORTED_WEIGHT, SEVERITY, Cause
from moderator.domain.scoring import Label
from tests.builders import A_SITE, NOON, scores

GROUP = Group(site=A_SITE, section="sport", label=Label.SPAM, cause=Cause.REPORT, lang="de", cases=2, oldest_at=NOON)
GROUPS = st.lists(
    st.builds(
        Group,
        site=st.sampled_from([A_SITE, SiteId("site-2")]),
        section=st.sampled_from([None, "sport", "politics"]),
        label=st.sampled_from([None, Label.SPAM, Label.THREAT]),
        cause=st.sampled_from(list(Cause)),
        lang=st.sampled_from([None, "de", "en"]),
        cases=st.integers(1, 9),
        held=st.integers(0, 1),
        oldest_at=st.sampled_from([NOON, NOON + timedelta(hours=1)]),
    ),
    max_size=12,
)


def test_a_filter_names_only_what_it_asks_for() -> None:
    assert EVERYTHING.is_empty
    assert Filter(label=Label.THREAT, author="id:7").given == {"label": "threat", "author": "id:7"}


@pytest.mark.parametrize("name", FACETS)
def test_each_name_of_a_filter_lets_through_what_is_so_and_nothing_else(name: str) -> None:
    wanted = Filter(**{name: getattr(GROUP, name)})
    other = replace(GROUP, site=SiteId("site-2"), section=None, label=None, cause=Cause.APPEAL, lang=None)
    assert GROUP.fits(wanted)
    assert not other.fits(wanted)
    assert other.fits(EVERYTHING)
    assert other.fits(Filter(author="anybody"))


@given(GROUPS)
def test_choosing_a_value_leaves_as_many_as_it_promised(groups: list[Group]) -> None:
    summary = sum_up(groups, EVERYTHING)
    assert summary.open == sum(group.cases for group in groups)
    for name in FACETS:
        for value, promised in summary.facets[name]:
            assert sum_up(groups, Filter(**{name: value})).open == promised


def test_a_facet_counts_beside_the_other_names_and_not_within_itself() -> None:
    politics = replace(GROUP, section="politics", label=Label.THREAT, cases=5, held=1, oldest_at=NOON + timedelta(1))
    summary = sum_up([GROUP, politics], Filter(section="sport"))
    assert (summary.open, summary.held, summary.oldest_at) == (2, 0, NOON)
    assert summary.facets["section"] == [("politics", 5), ("sport", 2)]
    assert summary.facets["label"] == [("spam", 2)]


def test_nothing_has_no_oldest() -> None:
    assert sum_up([], EVERYTHING).oldest_at is None


def test_a_number_is_severity_times_score_times_waiting() -> None:
    weight = SEVERITY[Label.INSULT] * 0.6
    found = explain(
        weight=weight, urgency=weight * 40, label=Label.INSULT, scores=scores(insult=0.6), cause=Cause.BORDERLINE
    )
    assert (found.label, found.score, found.severity) == (Label.INSULT, 0.6, 0.5)
    assert found.minutes == pytest.approx(39)


def test_a_reported_case_weighs_what_a_report_does() -> None:
    found = explain(
        weight=REPORTED_WEIGHT, urgency=1.2, label=Label.INSULT, scores=scores(insult=0.6), cause=Cause.REPORT
    )
    assert (found.label, found.is_reported, found.minutes) == (None, True, pytest.approx(1))


def test_a_weight_of_another_time_is_taken_as_it_is() -> None:
    found = explain(weight=0.5, urgency=0.25, label=None, scores={}, cause=Cause.UNDONE)
    assert (found.label, found.is_reported, found.minutes) == (None, False, 0.0)
    assert explain(weight=0.0, urgency=0.0, label=None, scores={}, cause=Cause.UNDONE).minutes == 0.0
