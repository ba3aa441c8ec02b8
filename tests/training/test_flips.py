"""Verdicts that change for no reason refuse a candidate; those that moderators asked for do not."""

from moderator.domain.ids import CommentId
from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Label, Threshold
from moderator.storage.recent import Recent
from tests.builders import A_SITE
from tests.training.changed import changed, tiny
from training.flips import NAMED, check, verdicts

WORD = "quibberdick"


def _comments(count: int, *, with_word: int, ruling: Action | None = None, decided: int = 0) -> list[Recent]:
    return [
        Recent(
            id=CommentId(f"c{number}"),
            site_id=A_SITE,
            text=f"This report explains the budget {number}" + (f", {WORD}" if number < with_word else "."),
            lang="en",
            section=None,
            ruling=ruling if number < decided else None,
        )
        for number in range(count)
    ]


def test_a_candidate_that_judges_alike_passes() -> None:
    _, champion, _ = tiny()
    line = check(champion, champion, _comments(200, with_word=20), {})
    assert (line.passed, line.value) == (True, 0)


def test_many_changes_that_nobody_asked_for_are_refused_and_named() -> None:
    _, champion, _ = tiny()
    line = check(champion, changed(WORD, by=9.0), _comments(200, with_word=20), {})
    assert (line.passed, line.value) == (False, 10)
    assert f"20 approved → held: {', '.join(f'c{number}' for number in range(NAMED))} …" in line.detail


def test_few_changes_pass() -> None:
    _, champion, _ = tiny()
    line = check(champion, changed(WORD, by=9.0), _comments(200, with_word=4), {})
    assert (line.passed, line.value) == (True, 2)


def test_changes_that_moderators_ask_for_pass_and_the_contrary_does_not() -> None:
    _, champion, _ = tiny()
    candidate = changed(WORD, by=9.0)
    asked = _comments(200, with_word=30, ruling=Action.REJECT, decided=20)
    line = check(champion, candidate, asked, {})
    assert line.passed
    assert "decided about 20 of these, and 20 go their way" in line.detail
    assert not check(champion, candidate, _comments(200, with_word=30, ruling=Action.REJECT, decided=19), {}).passed
    assert not check(champion, candidate, _comments(200, with_word=30, ruling=Action.APPROVE, decided=30), {}).passed
    # The way back: what the candidate frees, moderators had approved.
    freed = _comments(200, with_word=30, ruling=Action.APPROVE, decided=30)
    assert check(candidate, champion, freed, {}).passed


def test_too_few_comments_tell_nothing() -> None:
    _, champion, _ = tiny()
    line = check(champion, changed(WORD, by=9.0), _comments(99, with_word=50), {})
    assert (line.passed, line.value) == (True, None)


def test_each_site_is_judged_by_its_own_policy() -> None:
    _, champion, _ = tiny()
    foul = [
        Recent(id=CommentId("c"), site_id=A_SITE, text="you are a total moron", lang=None, section=None, ruling=None)
    ]
    strict = Policy(version=1, thresholds={label: Threshold(hold_at=0.01, reject_at=0.02) for label in Label})
    lax = Policy(version=1, thresholds={label: Threshold.hold_only(1.0) for label in Label})
    found = [verdicts(champion, foul, policies)[0] for policies in ({}, {A_SITE: strict}, {A_SITE: lax})]
    assert found == [Action.HOLD, Action.REJECT, Action.APPROVE]
