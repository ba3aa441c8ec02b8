"""What is told of each outcome, to each client."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from moderator.compat.akismet.answers import (
    DISCARD_AT,
    GUID,
    HAM,
    RECHECK_AFTER_SECONDS,
    SPAM,
    WAIT,
    Client,
    Meaning,
    answer,
    client_of,
    meaning_of,
)
from moderator.domain.comments import Status
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action, Reason, Rule
from moderator.domain.scoring import Label
from moderator.domain.sites import HeldAnswer, SiteSettings
from tests.builders import a_comment, an_outcome, scores

AUTO = SiteSettings()


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        ("WordPress/6.1.9 | Akismet/5.0.2", Client.WORDPRESS),
        ("WordPress/6.8 | Akismet/5.4", Client.WORDPRESS),
        ("WordPress/6.8 | Akismet/5.4.10", Client.WORDPRESS),
        ("WordPress/6.8.3 | Akismet/5.5", Client.CALLED_BACK),
        ("WordPress/6.8.3 | Akismet/5.10.1", Client.CALLED_BACK),
        ("WordPress/7.0-beta1 | Akismet/6", Client.CALLED_BACK),
        ("WordPress/6.8.3 | Akismet/5.6a1", Client.CALLED_BACK),
        ("WordPress/6.8.3 | Akismet/", Client.OTHER),
        ("WordPress/6.8.3", Client.OTHER),
        ("News/1.0 | Automattic-Akismet-SDK/1.0.0", Client.OTHER),
        ("Node.js/v20 | Akismet-api/6.0.0", Client.OTHER),
        ("", Client.OTHER),
    ],
)
def test_a_client_is_known_by_its_name_and_version(agent: str, client: Client) -> None:
    assert client_of(agent, is_comment=True) is client
    assert client_of(agent, is_comment=False) is Client.OTHER


def reason(code: Rule = Rule.SCORE, *, label: Label | None = None, action: Action = Action.REJECT) -> Reason:
    return Reason(code=code, action=action, detail="Because.", label=label)


def rejected(*reasons: Reason, spam: float = 0.01) -> Outcome:
    outcome = an_outcome(a_comment(), verdict=Action.REJECT)
    return replace(outcome, reasons=reasons or outcome.reasons, scores=scores(spam=spam))


ABUSE = reason(label=Label.INSULT)
SPAMMY = reason(label=Label.SPAM)


@pytest.mark.parametrize(
    ("outcome", "meaning", "without_abuse"),
    [
        (an_outcome(a_comment()), Meaning.HAM, Meaning.HAM),
        (an_outcome(a_comment(), verdict=Action.HOLD), Meaning.HELD, Meaning.HELD),
        (rejected(SPAMMY, spam=0.95), Meaning.SPAM, Meaning.SPAM),
        (rejected(SPAMMY, spam=DISCARD_AT), Meaning.BLATANT, Meaning.BLATANT),
        (rejected(reason(Rule.HONEYPOT)), Meaning.BLATANT, Meaning.BLATANT),
        (rejected(ABUSE), Meaning.SPAM, Meaning.LEFT),
        (rejected(ABUSE, SPAMMY), Meaning.SPAM, Meaning.SPAM),
        (rejected(ABUSE, reason(label=Label.SPAM, action=Action.HOLD)), Meaning.SPAM, Meaning.LEFT),
        (rejected(reason(Rule.BANNED_PHRASE)), Meaning.SPAM, Meaning.SPAM),
        (rejected(ABUSE, reason(Rule.BLOCKED_DOMAIN)), Meaning.SPAM, Meaning.SPAM),
        # What people have decided holds, whatever the policy said.
        (replace(rejected(SPAMMY, spam=1.0), status=Status.APPROVED), Meaning.HAM, Meaning.HAM),
        (replace(rejected(SPAMMY, spam=1.0), status=Status.HELD), Meaning.HELD, Meaning.HELD),
        (replace(an_outcome(a_comment()), status=Status.REJECTED), Meaning.SPAM, Meaning.SPAM),
        (
            replace(an_outcome(a_comment(), verdict=Action.HOLD), status=Status.REJECTED, scores=scores(spam=1.0)),
            Meaning.SPAM,
            Meaning.SPAM,
        ),
    ],
)
def test_an_outcome_has_a_meaning(outcome: Outcome, meaning: Meaning, without_abuse: Meaning) -> None:
    assert meaning_of(outcome, AUTO) is meaning
    assert meaning_of(outcome, SiteSettings(abuse_is_spam=False)) is without_abuse


def told(
    meaning: Meaning,
    client: Client,
    held_answer: HeldAnswer = HeldAnswer.AUTO,
    *,
    is_again: bool = False,
    is_promised: bool = False,
) -> tuple[str, Sequence[str]]:
    settings = SiteSettings(held_answer=held_answer)
    found = answer(meaning, settings, client, "guid-1", is_again=is_again, is_promised=is_promised)
    assert found.status == 200
    assert found.headers[GUID] == "guid-1"
    return found.body, sorted(name for name in found.headers if name != GUID)


@pytest.mark.parametrize("client", list(Client))
def test_ham_and_spam_are_told_to_all_alike(client: Client) -> None:
    assert told(Meaning.HAM, client) == (HAM, [])
    assert told(Meaning.SPAM, client) == (SPAM, [])
    assert told(Meaning.BLATANT, client) == (SPAM, ["X-akismet-pro-tip"])


RECHECK = ["X-akismet-recheck-after"]
HELD_BACK = ["X-akismet-error"]


@pytest.mark.parametrize(
    ("client", "is_again", "is_promised", "held", "left"),
    [
        (Client.CALLED_BACK, False, True, (HAM, RECHECK), (HAM, HELD_BACK)),
        (Client.CALLED_BACK, False, False, (WAIT, []), (HAM, HELD_BACK)),
        (Client.CALLED_BACK, True, True, (WAIT, []), (WAIT, [])),
        (Client.CALLED_BACK, True, False, (WAIT, []), (WAIT, [])),
        (Client.WORDPRESS, False, True, (WAIT, []), (HAM, HELD_BACK)),
        (Client.WORDPRESS, False, False, (WAIT, []), (HAM, HELD_BACK)),
        (Client.WORDPRESS, True, False, (WAIT, []), (WAIT, [])),
        (Client.OTHER, False, True, (SPAM, []), (SPAM, [])),
        (Client.OTHER, True, False, (SPAM, []), (SPAM, [])),
    ],
)
def test_what_is_held_is_published_by_no_client(
    client: Client, is_again: bool, is_promised: bool, held: tuple[str, list[str]], left: tuple[str, list[str]]
) -> None:
    assert told(Meaning.HELD, client, is_again=is_again, is_promised=is_promised) == held
    assert told(Meaning.LEFT, client, is_again=is_again, is_promised=is_promised) == left


@pytest.mark.parametrize("client", list(Client))
@pytest.mark.parametrize("meaning", [Meaning.HELD, Meaning.LEFT])
@pytest.mark.parametrize(
    ("chosen", "body"), [(HeldAnswer.SPAM, SPAM), (HeldAnswer.HAM, HAM), (HeldAnswer.ASK_AGAIN, WAIT)]
)
def test_a_site_can_choose_what_all_are_told(client: Client, meaning: Meaning, chosen: HeldAnswer, body: str) -> None:
    assert told(meaning, client, chosen, is_promised=True) == (body, [])


def test_wordpress_waits_longer_than_any_queue() -> None:
    found = answer(Meaning.HELD, AUTO, Client.CALLED_BACK, "guid-1", is_again=False, is_promised=True)

    assert found.headers["X-akismet-recheck-after"] == str(RECHECK_AFTER_SECONDS) == "31536000"


def test_what_wordpress_keeps_in_its_history_is_whole() -> None:
    assert len(WAIT) <= 50
    assert WAIT not in (HAM, SPAM)
