"""What other thresholds would have made of past comments."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.judging import judge
from moderator.domain.policy import Action, Facts, Policy, Rule
from moderator.domain.scoring import Caution, Label, Scored, Threshold
from moderator.domain.workbench import EDGES, Ballot, Past, Tally, histograms, tally, tally_happened, wilson
from tests.builders import a_comment, a_policy

PROBABILITIES = st.floats(0, 1)
SEVERITY = {Action.APPROVE: 0, Action.HOLD: 1, Action.REJECT: 2}


@st.composite
def thresholds(draw: st.DrawFn) -> dict[Label, Threshold]:
    found = {}
    for label in draw(st.sets(st.sampled_from(Label))):
        hold_at, reject_at = sorted(draw(st.tuples(st.floats(0.001, 1.5), st.floats(0.001, 2))))
        found[label] = Threshold(hold_at=hold_at, reject_at=reject_at)
    return found


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    return Policy(
        version=1,
        thresholds=draw(thresholds()),
        sections={"sport": draw(thresholds())},
        languages={"de": draw(thresholds())},
        newcomer_comments=draw(st.integers(0, 1)),
        certified_rejects=draw(st.booleans()),
    )


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    return Past(
        scores=tuple(draw(st.none() | PROBABILITIES) for _ in Label),
        verdict=draw(st.sampled_from(Action)),
        other=draw(st.sampled_from(Action)),
        section=draw(st.sampled_from([None, "sport", "politics"])),
        language=draw(st.sampled_from([None, "de", "en"])),
        ruling=draw(st.none() | st.sampled_from(Action)),
        probability=draw(st.none() | st.floats(0.01, 1)),
    )


def a_past(*, ruling: Action | None = None, probability: float | None = None, **scores: float) -> Past:
    return Past(
        scores=tuple(scores.get(label, 0.01) for label in Label),
        verdict=Action.APPROVE,
        ruling=ruling,
        probability=probability,
    )


@given(
    policy=policies(),
    scores=st.fixed_dictionaries(dict.fromkeys(Label, PROBABILITIES)),
    section=st.sampled_from([None, "sport", "politics"]),
    language=st.sampled_from([None, "de", "en"]),
    is_scored=st.booleans(),
)
def test_the_thresholds_of_the_time_give_the_verdict_of_the_time(
    policy: Policy, scores: dict[Label, float], section: str | None, language: str | None, is_scored: bool
) -> None:
    scored = Scored(scores=scores, model="m", language=language) if is_scored else None
    verdict = judge(policy, a_comment(section=section), scored, Facts())
    others = [reason.action for reason in verdict.reasons if reason.code not in (Rule.SCORE, Rule.UNCERTIFIED)]
    past = Past(
        scores=tuple(scores[label] if is_scored else None for label in Label),
        verdict=verdict.action,
        other=max(others, key=SEVERITY.__getitem__, default=Action.APPROVE),
        section=section,
        language=language,
    )

    assert tally(policy, [past]).counts == tally_happened([past]).counts
    assert tally(policy, [past])[verdict.action] == 1


@given(policy=policies(), comments=st.lists(pasts(), max_size=20), label=st.sampled_from(Label), by=st.floats(0, 1))
def test_higher_thresholds_never_hold_or_reject_more(
    policy: Policy, comments: list[Past], label: Label, by: float
) -> None:
    policy = replace(policy, sections={}, languages={})
    now = policy.thresholds.get(label, Threshold(hold_at=0.5, reject_at=0.9))
    lower = replace(policy, thresholds={**policy.thresholds, label: now})
    raised = Threshold(hold_at=now.hold_at + by, reject_at=now.reject_at + by)
    higher = replace(policy, thresholds={**policy.thresholds, label: raised})
    before, after = tally(lower, comments), tally(higher, comments)

    assert after[Action.APPROVE] >= before[Action.APPROVE]
    assert after[Action.REJECT] <= before[Action.REJECT]
    assert after.slipped.wrong >= before.slipped.wrong
    assert after.wronged.wrong <= before.wronged.wrong
    assert before.comments == after.comments == len(comments)


def test_without_a_certificate_people_see_what_would_be_rejected() -> None:
    policy = a_policy(thresholds={Label.INSULT: Threshold(hold_at=0.5, reject_at=0.9)})
    comments = [a_past(insult=0.95), a_past(insult=0.6), a_past(), replace(a_past(), other=Action.REJECT)]

    assert tally(policy, comments).counts == (1, 1, 2)
    assert tally(replace(policy, certified_rejects=True), comments).counts == (1, 3, 0)


@given(policy=policies(), comments=st.lists(pasts(), max_size=20), cut=st.integers(0, 20))
def test_pages_add_up_to_the_whole(policy: Policy, comments: list[Past], cut: int) -> None:
    parts = tally(policy, comments[:cut]) + tally(policy, comments[cut:])
    whole = tally(policy, comments)

    assert (parts.counts, parts.reached) == (whole.counts, whole.reached)
    assert parts.slipped.rulings == whole.slipped.rulings
    assert parts.wronged.weight == pytest.approx(whole.wronged.weight)


def test_what_other_rules_said_stands() -> None:
    held = replace(a_past(), other=Action.HOLD)
    rejected = replace(a_past(insult=0.6), other=Action.REJECT)

    assert tally(Policy(version=1), [held, rejected]).counts == (0, 1, 1)


def test_a_label_counts_what_reaches_it_whatever_else_holds_the_comment() -> None:
    found = tally(a_policy(), [a_past(insult=0.6, threat=0.95), a_past(insult=0.95), a_past()])

    assert found.counts == (1, 0, 2)
    assert dict(zip(Label, found.reached, strict=True)) == {
        **dict.fromkeys(Label, 0),
        Label.INSULT: 2,
        Label.THREAT: 1,
    }


def test_what_people_rejected_slips_through_and_what_they_approved_is_wronged() -> None:
    comments = [
        *[a_past(ruling=Action.REJECT)] * 10,
        *[a_past(ruling=Action.REJECT, insult=0.6)] * 30,
        *[a_past(ruling=Action.APPROVE, insult=0.95)] * 20,
        *[a_past(ruling=Action.APPROVE, insult=0.6)] * 20,
        *[a_past(ruling=Action.HOLD, insult=0.95)] * 100,  # Taken back: nobody has said anything.
        *[a_past(insult=0.95)] * 100,
    ]
    found = tally(a_policy(caution=Caution.CAUTIOUS), comments)

    assert found.slipped.rate is not None
    assert found.slipped.rate.share == 0.25
    assert found.wronged.rate is not None
    assert found.wronged.rate.share == 0.5


def test_a_ruling_that_was_drawn_stands_for_those_that_were_not() -> None:
    comments = [
        *[a_past(ruling=Action.REJECT, probability=0.05)] * 60,
        *[a_past(ruling=Action.REJECT, insult=0.6)] * 1200,
    ]
    rate = tally(a_policy(), comments).slipped.rate

    assert rate is not None
    assert rate.share == pytest.approx(0.5)
    as_many = wilson(0.5, 1260)
    assert rate.high - rate.low > 2 * (as_many.high - as_many.low)  # 60 draws do not weigh like 1200.


@pytest.mark.parametrize(("rulings", "is_enough"), [(0, False), (29, False), (30, True), (31, True)])
@pytest.mark.parametrize("probability", [None, 0.05, 0.07])
def test_below_thirty_rulings_there_is_no_rate(rulings: int, is_enough: bool, probability: float | None) -> None:
    found = tally(a_policy(), [a_past(ruling=Action.REJECT, probability=probability)] * rulings)

    assert found.slipped.rulings == rulings
    assert (found.slipped.rate is not None) is is_enough


def test_many_light_rulings_do_not_hide_that_one_outweighs_them() -> None:
    assert Ballot(rulings=31, weight=1030, squares=1000**2 + 30, wrong=1000).rate is None


def test_wilsons_interval_is_the_textbooks() -> None:
    rate = wilson(0.1, 100)  # E. B. Wilson (1927); worked by hand.

    assert (round(rate.low, 4), round(rate.high, 4)) == (0.0552, 0.1744)


@given(share=PROBABILITIES, number=st.floats(1, 1e6))
def test_an_interval_holds_its_share_and_stays_a_probability(share: float, number: float) -> None:
    rate = wilson(share, number)

    assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert rate.low < rate.high


@given(st.lists(pasts(), max_size=20))
def test_every_score_lies_in_one_place_of_its_histogram(comments: list[Past]) -> None:
    found = histograms(comments)

    for place, own in enumerate(found):
        assert len(own) == len(EDGES) - 1
        scores = [past.scores[place] for past in comments if past.scores[place] is not None]
        assert sum(own) == len(scores)
        for number, (start, end) in enumerate(pairwise(EDGES)):
            is_last = end == EDGES[-1]
            assert own[number] == sum(start <= score < end or (is_last and score == end) for score in scores)  # type: ignore[operator]


def test_nothing_adds_nothing() -> None:
    assert tally(a_policy(), []) == Tally() == Tally() + Tally()
    assert tally(a_policy(), []).slipped.rate is None
