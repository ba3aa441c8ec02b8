"""`POST /coral/moderate`: what Coral asks, what it hears, and what stays."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from moderator.domain.comments import Site
from moderator.domain.errors import StorageUnavailable
from moderator.domain.policy import Action
from moderator.domain.scoring import Scored
from moderator.services import Services
from moderator.storage import comments
from moderator.usecases import manage
from tests.builders import a_policy
from tests.compat.coral.conftest import OPERATOR, Coral
from tests.compat.tables import count
from tests.fakes import FakeScorer

pytestmark = pytest.mark.anyio

TOXIC = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}
SPAM = {"actionType": "FLAG", "reason": "COMMENT_DETECTED_SPAM"}
QUIET = a_policy(duplicate_limit=0, campaign_limit=0)


def rejected(code: str, *flags: dict[str, str], **more: str) -> dict[str, Any]:
    reason = {"status": "REJECTED", "rejectionReason": {"code": code, **more}}
    return {"status": "REJECTED", "moderationAction": reason} | ({"actions": list(flags)} if flags else {})


async def stored(services: Services) -> comments.Stored:
    """Return the only comment."""
    async with services.database.read() as connection:
        (row,) = await connection.all("SELECT id, site_id FROM comments")
        return await comments.get(connection, row["site_id"], row["id"])


async def test_an_ordinary_comment_is_no_opinion_so_that_corals_later_phases_speak(
    coral: Coral, services: Services
) -> None:
    answer = await coral.ask("The summit ended.")

    assert answer.status_code == 200
    assert answer.content == b"{}"  # Coral compares the text with exactly this.
    assert (await stored(services)).outcome.verdict is Action.APPROVE


async def test_a_doubtful_comment_is_withheld_with_a_flag_and_waits_for_our_people_too(
    coral: Coral, services: Services
) -> None:
    assert await coral.hear("What an idiot.") == {"status": "SYSTEM_WITHHELD", "actions": [TOXIC]}
    assert await count(services.database, "cases") == 1


async def test_an_insult_is_rejected_with_a_reason(coral: Coral) -> None:
    assert await coral.hear("You scum.") == rejected("ABUSIVE", TOXIC)


async def test_spam_is_rejected_as_spam(coral: Coral) -> None:
    assert await coral.hear("Buy viagra.") == rejected("SPAM", SPAM)


async def test_both_kinds_of_harm_are_flagged(coral: Coral) -> None:
    assert (await coral.hear("Buy viagra, idiot."))["actions"] == [TOXIC, SPAM]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("toxic", "ABUSIVE"),
        ("severe_toxic", "ABUSIVE"),
        ("obscene", "OFFENSIVE"),
        ("threat", "HARASSMENT_BULLYING"),
        ("insult", "ABUSIVE"),
        ("identity_attack", "HATE_SPEECH"),
        ("sexual_explicit", "OFFENSIVE"),
        ("spam", "SPAM"),
    ],
)
async def test_every_label_has_a_reason_of_corals(coral: Coral, services: Services, word: str, code: str) -> None:
    class Sure(FakeScorer):
        def score(self, text: str, lang: str | None = None) -> Scored | None:
            found = super().score(text, lang)
            return found and replace(found, scores={**found.scores, word: 0.95})  # type: ignore[dict-item]

    services.scorer = Sure()

    assert (await coral.hear("Hello."))["moderationAction"]["rejectionReason"] == {"code": code}


@pytest.mark.parametrize(
    ("changed", "body", "answer"),
    [
        ({"banned_phrases": ("gas",)}, "No gas.", rejected("BANNED_WORD")),
        ({"blocked_domains": ("bad.example",)}, "https://bad.example/x", rejected("SPAM", SPAM)),
        ({"link_limit": 0}, "https://one.example/x", {"status": "SYSTEM_WITHHELD", "actions": [SPAM]}),
        ({"suspect_phrases": ("gas",)}, "No gas.", {"status": "PREMOD"}),
        ({"newcomer_comments": 3}, "Hello.", {"status": "PREMOD"}),
        ({"hold_everything": True}, "Hello.", {"status": "PREMOD"}),
        ({}, "Write to anna.example@news.example.", {"status": "PREMOD"}),
        ({}, "Hel\u200blo", {"status": "PREMOD"}),
    ],
)
async def test_rules_have_words_of_corals_too(
    coral: Coral, services: Services, site: Site, changed: dict[str, object], body: str, answer: dict[str, Any]
) -> None:
    await manage.set_policy(services, OPERATOR, site.id, replace(QUIET, **changed))  # type: ignore[arg-type]

    assert await coral.hear(body) == answer


async def test_without_a_model_people_look(coral: Coral, services: Services) -> None:
    services.scorer = FakeScorer(None)

    assert await coral.hear("The summit ended.") == {"status": "PREMOD"}
    assert (await stored(services)).outcome.verdict is Action.HOLD


async def test_no_score_or_threshold_is_told(coral: Coral) -> None:
    answer = await coral.ask("You scum.")

    assert not any(word in answer.text for word in ("0.9", "score", "insult"))


async def test_what_coral_sends_is_kept_and_nothing_else(coral: Coral, services: Services) -> None:
    await coral.hear(
        "<div>The summit <b>ended</b>.</div><div>At last &amp; late.</div>",
        comment={"body": "<div>The summit <b>ended</b>.</div><div>At last &amp; late.</div>", "parentID": "d79b787f"},
        metadata={"secret": "x"},
    )

    comment = (await stored(services)).comment
    assert comment.text == "The summit ended.\nAt last & late."
    assert comment.parent_id == "d79b787f"
    assert comment.article.url == "https://news.example/posts/a-story/"
    assert comment.author.id == "baf4e943-3594-4fcc-b2ba-3e8de7a76352"
    assert (comment.author.name, comment.author.email, comment.author.ip, comment.external_id) == (None,) * 4


@pytest.mark.parametrize("role", ["STAFF", "MODERATOR", "ADMIN"])
async def test_corals_own_people_are_corals_business(coral: Coral, services: Services, role: str) -> None:
    assert await coral.hear("You scum.", author={"id": "1", "role": role}) == {}
    assert await count(services.database, "comments") == 0


@pytest.mark.parametrize(
    "author", [{"id": "1", "role": "MEMBER"}, {"id": "1"}, {}, None, {"id": "1", "role": "BISHOP"}]
)
async def test_everybody_else_is_judged(coral: Coral, author: object) -> None:
    assert (await coral.hear("You scum.", author=author))["status"] == "REJECTED"


@pytest.mark.parametrize("body", ["", "   ", "<div><br></div>", "\x00"])
async def test_a_comment_without_words_is_no_opinion(coral: Coral, services: Services, body: str) -> None:
    assert await coral.hear(body) == {}
    assert await count(services.database, "comments") == 0


async def test_a_text_at_the_cap_is_judged_and_a_longer_one_waits_unread(coral: Coral, services: Services) -> None:
    assert await coral.hear("<div>" + "&lt;" * 20_000 + "</div>") == {}
    assert await count(services.database, "comments") == 1

    assert await coral.hear("scum " * 4_001) == {"status": "PREMOD"}
    assert await count(services.database, "comments") == 1


@pytest.mark.parametrize("hidden", ["\\ud800", "\\u0000", "\\udfff\\ud800"])
async def test_no_character_makes_a_comment_pass_unread(coral: Coral, services: Services, hidden: str) -> None:
    raw = json.dumps(coral.request("You scum. HERE")).replace("HERE", hidden).encode()

    answer = await coral.send(raw)

    assert answer.json()["status"] == "REJECTED"
    assert (await stored(services)).comment.text.startswith("You scum.")


async def test_ids_and_addresses_beyond_measure_are_cut(coral: Coral, services: Services) -> None:
    await coral.hear(
        "Hello.",
        author={"id": "a" * 9_000, "role": "COMMENTER"},
        story={"id": "s" * 9_000, "url": "https://news.example/" + "x" * 9_000},
        comment={"body": "Hello.", "parentID": "p" * 9_000},
    )

    comment = (await stored(services)).comment
    assert (len(comment.author.id or ""), len(comment.parent_id or "")) == (255, 255)
    assert len(comment.article.url or "") == 2_000


async def test_the_same_question_again_has_the_first_answer_and_no_second_row(
    coral: Coral, services: Services, site: Site
) -> None:
    first = await coral.hear("What an idiot.")
    await manage.set_policy(services, OPERATOR, site.id, replace(QUIET, hold_everything=True))

    again = await coral.hear("What an idiot.")
    in_html = await coral.hear("<div>What an <b>idiot</b>.</div>")

    assert first == again == in_html
    assert await count(services.database, "comments") == 1
    assert await count(services.database, "cases") == 1


async def test_two_questions_at_once_make_one_row(coral: Coral, services: Services) -> None:
    answers = await asyncio.gather(*(coral.hear("What an idiot.") for _ in range(4)))

    assert answers == [answers[0]] * 4
    assert await count(services.database, "comments") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"action": "EDIT"},
        {"author": {"id": "2", "role": "COMMENTER"}},
        {"story": {"id": "2", "url": "https://news.example/posts/a-story/"}},
        {"comment": {"body": "Hello.", "parentID": "2"}},
        {"comment": {"body": "Hello!", "parentID": None}},
    ],
)
async def test_another_author_story_place_action_or_text_is_another_comment(
    coral: Coral, services: Services, changed: dict[str, Any]
) -> None:
    await coral.hear("Hello.")
    await coral.hear("Hello.", **changed)

    assert await count(services.database, "comments") == 2


async def test_a_story_that_has_moved_is_another_place(coral: Coral, services: Services) -> None:
    await coral.hear("Hello.")
    moved = {"id": "245b3856-b0a0-4d2f-a6bb-58c71f18d6a6", "url": "https://news.example/elsewhere/"}

    assert await coral.hear("Hello.", story=moved) == {}
    assert await count(services.database, "comments") == 2


async def test_without_a_database_nothing_is_said(
    coral: Coral, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(run: Any, entry: Any) -> Any:
        raise StorageUnavailable("The disk is full.")

    monkeypatch.setattr(services.database, "batch_write", away)

    answer = await coral.ask("You scum.")

    assert (answer.status_code, answer.content) == (204, b"")


async def test_what_nobody_expected_is_no_500_and_tells_nothing(coral: Coral, services: Services) -> None:
    class Broken(FakeScorer):
        def score(self, text: str, lang: str | None = None) -> Scored | None:
            raise ZeroDivisionError("secret detail")

    services.scorer = Broken()
    errors = services.metrics.errors._value.get()

    answer = await coral.ask("Hello.")

    assert answer.status_code == 503
    assert "secret" not in answer.text
    assert services.metrics.errors._value.get() == errors + 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"comment": null}',
        b'{"comment": {}}',
        b'{"comment": {"body": null}}',
        b'{"comment": {"body": 7}}',
        b'{"comment": {"body": "x"}, "author": "me"}',
        b'{"comment": {"body": "x"}, "story": {"id": 7}}',
        b'{"comment": {"body": "\xff"}}',
        b"[" * 100_000,
        b"1" * 5_000,
        '{"comment": {"body": "x"}}'.encode("utf-16"),
    ],
)
async def test_what_is_no_question_is_refused(coral: Coral, services: Services, raw: bytes) -> None:
    answer = await coral.send(raw)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error"}
    assert await count(services.database, "comments") == 0


async def test_a_body_over_the_cap_is_refused(coral: Coral) -> None:
    answer = await coral.send(b" " * (1024 * 1024 + 1))

    assert answer.status_code == 413
    assert set(answer.json()) == {"error"}


async def test_a_compressed_body_is_refused(coral: Coral) -> None:
    assert (await coral.send(b"{}", **{"content-encoding": "gzip"})).status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_another_method_is_not_allowed(client: httpx2.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/coral/moderate")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert set(answer.json()) == {"error"}
