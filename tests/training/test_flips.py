"""Verdicts that change for no reason refuse a candidate; those that moderators asked for do not."""

from moderator.domain.ids import CommentId
from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Label, Threshold
from moderator.storage.recent import Recent
from tests.builders import A_SITE
from tests.training.changed import changed, harmless, tiny
from training.flips import NAMED, check, verdicts

WORD = "budget"


def _comments(count: int, *, with_word: int, ruling: Action | None = None, decided: int = 0) -> list[Recent]:
    own = [text for text in harmless() if WORD in text]
    other = [text for text in harmless() if WORD not in text]
    return [
        Recent(
            id=CommentId(f"c{number}"),
            site_id=A_SITE,
            text=own[number % len(own)] if number < with_word else other[number % len(other)],
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
    line = check(champion, changed(WORD, by=3.0), _comments(200, with_word=20), {})
    assert (line.passed, line.value) == (False, 10)
    assert f"20 approved → held: {', '.join(f'c{number}' for number in range(NAMED))} …" in line.detail


def test_few_changes_pass() -> None:
    _, champion, _ = tiny()
    line = check(champion, changed(WORD, by=3.0), _comments(200, with_word=4), {})
    assert (line.passed, line.value) == (True, 2)


def test_changes_that_moderators_ask_for_pass_and_the_contrary_does_not() -> None:
    _, champion, _ = tiny()
    candidate = changed(WORD, by=3.0)
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
    line = check(champion, changed(WORD, by=3.0), _comments(99, with_word=50), {})
    assert (line.passed, line.value) == (True, None)


def test_each_site_is_judged_by_its_own_policy() -> None:
    _, champion, _ = tiny()
    fine = _comments(1, with_word=0)
    own = {
        name: Policy(version=1, thresholds={label: Threshold(hold_at=0.00001, reject_at=reject_at) for label in Label})
        for name, reject_at in (("holding", 2.0), ("rejecting", 0.00002))
    }
    found = [
        verdicts(champion, fine, policies)[0] for policies in ({}, {A_SITE: own["holding"]}, {A_SITE: own["rejecting"]})
    ]
    assert found == [Action.APPROVE, Action.HOLD, Action.REJECT]
