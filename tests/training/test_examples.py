"""The golden set in the gate: what was right must stay right, and what was wrong is named."""

import pytest

from moderator.domain.golden import GoldenExample, Wanted
from moderator.domain.ids import ExampleId, SiteId
from moderator.domain.policy import Policy
from moderator.domain.scoring import Label, Threshold
from tests.builders import A_SITE, NOON
from tests.training.changed import changed, tiny
from training.examples import check_ours, check_sites

FINE, FOUL = "The minister explains the budget.", "you are a total moron"


def _example(name: str, text: str, wanted: Wanted, site_id: SiteId | None = None) -> GoldenExample:
    return GoldenExample(id=ExampleId(name), site_id=site_id, text=text, wanted=wanted, added_at=NOON)


def test_what_is_judged_worse_refuses_and_is_named() -> None:
    _, champion, _ = tiny()
    examples = [_example("good", FINE, Wanted.ALLOW), _example("bad", FOUL, Wanted.BLOCK)]
    line = check_sites(champion, champion, examples, {})
    assert (line.passed, line.value, "none is judged wrongly" in line.detail) == (True, 0, True)
    line = check_sites(champion, changed(FOUL, by=-3.0), examples, {})
    assert (line.passed, line.value) == (False, 1)
    assert "judged wrongly now: bad" in line.detail


def test_what_was_wrong_before_is_named_and_refuses_nobody() -> None:
    _, champion, _ = tiny()
    line = check_sites(champion, champion, [_example("odd", FINE, Wanted.BLOCK)], {})
    assert line.passed
    assert "judged wrongly as before: odd" in line.detail


def test_what_a_candidate_has_learned_is_no_fault() -> None:
    _, champion, _ = tiny()
    line = check_sites(champion, changed("budget", by=3.0), [_example("odd", FINE, Wanted.BLOCK)], {})
    assert (line.passed, "none is judged wrongly" in line.detail) == (True, True)


def test_a_sites_example_is_judged_by_its_own_thresholds() -> None:
    _, champion, _ = tiny()
    strict = Policy(version=1, thresholds={label: Threshold.hold_only(0.00001) for label in Label})
    examples = [_example("own", FINE, Wanted.ALLOW, A_SITE)]
    assert "none is" in check_sites(champion, champion, examples, {}).detail
    assert "as before: own" in check_sites(champion, champion, examples, {A_SITE: strict}).detail


def test_without_examples_the_line_says_how_to_add_some() -> None:
    _, champion, _ = tiny()
    assert "moderator golden add" in check_sites(champion, champion, [], {}).detail


def test_ours_are_compared_with_the_version_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    _, champion, _ = tiny()
    monkeypatch.setattr("training.golden.TEXTS", (FINE, FOUL))
    monkeypatch.setattr("training.golden.HARMFUL", frozenset({FOUL}))
    worse = changed(FOUL, by=-3.0)
    assert check_ours(champion, champion).passed
    line = check_ours(champion, worse)
    assert (line.passed, "1 is approved" in line.detail) == (False, True)
    assert check_ours(worse, worse).passed
    assert check_ours(worse, champion).passed


def test_what_is_harmless_in_a_language_that_nobody_writes_here_refuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    _, champion, _ = tiny()
    monkeypatch.setattr("training.golden.TEXTS", (FINE, FOUL))
    monkeypatch.setattr("training.golden.HARMFUL", frozenset({FOUL}))
    monkeypatch.setattr("training.golden.LANGUAGES", {FINE: "en"})
    holds = changed("budget", by=3.0)
    assert not check_ours(champion, holds).passed
    assert not check_ours(champion, holds, {"en", "de"}).passed
    line = check_ours(champion, holds, {"de"})
    assert (line.passed, "of 1 examples" in line.detail) == (True, True)
    assert not check_ours(champion, changed(FOUL, by=-3.0), {"de"}).passed
