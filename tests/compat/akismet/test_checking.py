"""comment-check over both databases: verdicts, people's decisions, repetitions, tests, and what is too long."""

from dataclasses import replace

import pytest

from moderator.compat.akismet.answers import WAIT
from moderator.domain.comments import MAX_TEXT_CHARACTERS, Status
from moderator.domain.errors import ExternalIdReused
from moderator.domain.policy import Action, Rule
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Label, Threshold
from moderator.domain.sites import HeldAnswer
from moderator.usecases import feedback
from moderator.usecases.moderate import moderate
from tests.builders import NOON, a_comment
from tests.compat.akismet.conftest import NEW_WORDPRESS, OLD_WORDPRESS, OPERATOR, PERMALINK, Akismet
from tests.fakes import Clock

pytestmark = pytest.mark.anyio


async def test_ham_is_false_and_published(akismet: Akismet) -> None:
    answer = await akismet.check("A fine summit.")

    (stored,) = await akismet.stored()
    assert (answer.status_code, answer.content) == (200, b"false")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-akismet-guid"] == stored.comment.id
    assert not {"x-akismet-debug-help", "x-akismet-recheck-after", "x-akismet-pro-tip"} & set(answer.headers)
    assert not any(name.startswith("x-akismet-alert") for name in answer.headers)
    assert stored.outcome.status is Status.APPROVED


async def test_spam_is_true_and_blatant_spam_is_to_be_discarded(akismet: Akismet) -> None:
    plain, blatant = await akismet.check("Buy viagra."), await akismet.check("Casino, casino!")

    assert plain.text == blatant.text == "true"
    assert "x-akismet-pro-tip" not in plain.headers
    assert blatant.headers["x-akismet-pro-tip"] == "discard"
    assert "x-akismet-recheck-after" not in blatant.headers
    assert [one.outcome.status for one in await akismet.stored()] == [Status.REJECTED] * 2


async def test_what_is_sent_is_stored_and_nothing_that_is_not_known(akismet: Akismet) -> None:
    await akismet.check(
        "Fine.",
        comment_author_url="https://reader.example/",
        comment_parent="11",
        comment_date_gmt="2026-11-22 10:00:00",
        blog_lang="en_US",
        HTTP_REFERER="https://secret.example/",
        POST_comment="Fine.",
        something_new="x",
    )

    (stored,) = await akismet.stored()
    comment = stored.comment
    assert (comment.text, comment.article.url, comment.parent_id, comment.lang) == ("Fine.", PERMALINK, "11", "en")
    assert (comment.author.name, comment.author.email) == ("Zoë", "zoe@reader.example")
    async with akismet.services.database.read() as connection:
        (row,) = await connection.all("SELECT * FROM comments")
    values = str([row[name] for name in row.keys()])  # noqa: SIM118 -- a row of SQLite yields its values
    assert "Zoë" in values
    assert "secret" not in values
    assert "203.0.113.7" not in values


async def test_a_section_of_the_policy_may_stand_in_the_context(akismet: Akismet) -> None:
    await akismet.set_policy(sections={"politics": {Label.INSULT: Threshold(hold_at=0.9, reject_at=0.99)}})
    fields = akismet.fields("You idiot.", comment_author="Ann")

    elsewhere = await akismet.check("You idiot.")
    here = await akismet.call(
        "/1.1/comment-check", [*fields.items(), ("comment_context[]", "budget"), ("comment_context[]", "politics")]
    )

    assert (elsewhere.text, here.text) == ("true", "false")


@pytest.mark.parametrize("key", ["key", "site_key"])
async def test_any_key_of_a_site_does(akismet: Akismet, key: str) -> None:
    answer = await akismet.check(api_key=getattr(akismet, key))

    assert answer.text == "false"


async def test_a_held_comment_waits_here_and_is_published_nowhere(akismet: Akismet) -> None:
    library = await akismet.check("You idiot, one.")
    old = await akismet.check("You idiot, two.", agent=OLD_WORDPRESS, **akismet.wordpress())
    form = await akismet.check("You idiot, three.", agent=NEW_WORDPRESS, comment_type="contact-form")

    assert (library.text, old.text, form.text) == ("true", WAIT, "true")
    assert "x-akismet-pro-tip" not in library.headers
    assert all("x-akismet-debug-help" not in answer.headers for answer in (library, old, form))
    assert [one.outcome.status for one in await akismet.stored()] == [Status.HELD] * 3


async def test_a_new_wordpress_waits_for_the_callback_it_was_promised(akismet: Akismet) -> None:
    fields = akismet.wordpress(callback="https://news.example/wp-json/akismet/v1/webhook")

    answer = await akismet.check("You idiot.", agent=NEW_WORDPRESS, **fields)

    (stored,) = await akismet.stored()
    assert answer.text == "false"
    assert int(answer.headers["x-akismet-recheck-after"]) > 30 * 86_400
    assert answer.headers["x-akismet-guid"] == stored.comment.id


@pytest.mark.parametrize(
    "callback", ["", "ftp://news.example/", "not an address", "https://10.0.0.1.5/", "https://u:p@news.example/"]
)
async def test_without_an_address_that_can_be_called_it_asks_again(akismet: Akismet, callback: str) -> None:
    answer = await akismet.check("You idiot.", agent=NEW_WORDPRESS, **akismet.wordpress(callback=callback))

    assert answer.text == WAIT
    assert "x-akismet-recheck-after" not in answer.headers
    assert (await akismet.rows())["callbacks"] == 0


@pytest.mark.parametrize("agent", [OLD_WORDPRESS, NEW_WORDPRESS])
async def test_wordpress_hears_what_people_decide_when_it_asks_again(akismet: Akismet, agent: str) -> None:
    again = {"comment_ID": "34", "recheck_reason": "retry", "comment_date_gmt": "2026-11-24 12:00:00"}
    first, second = [await akismet.check(f"You idiot, {n}.", agent=agent, **akismet.wordpress()) for n in (1, 2)]
    waiting = await akismet.check("You idiot, 1.", agent=agent, **again)
    await akismet.decide(Action.REJECT, ReasonCode.INSULT)
    await akismet.decide(Action.APPROVE)

    decided = [await akismet.check(f"You idiot, {n}.", agent=agent, **again) for n in (1, 2)]

    assert [answer.text for answer in (first, second, waiting)] == [WAIT] * 3
    assert [answer.text for answer in decided] == ["true", "false"]
    assert [answer.headers["x-akismet-guid"] for answer in decided] == [
        answer.headers["x-akismet-guid"] for answer in (first, second)
    ]
    assert len(await akismet.stored()) == 2


async def test_wordpress_tidies_a_comment_up_before_it_asks_again(akismet: Akismet) -> None:
    typed = 'Tom & Anna, you idiot, <a href="https://x.example">look</a>'
    stored = 'Tom &amp; Anna, you idiot, <a href="https://x.example" rel="nofollow ugc">look</a>'
    await akismet.check(typed, agent=OLD_WORDPRESS, **akismet.wordpress())
    await akismet.decide(Action.APPROVE)

    answer = await akismet.check(stored, agent=OLD_WORDPRESS, comment_ID="34", recheck_reason="recheck_queue")
    elsewhere = await akismet.check(
        stored, agent=OLD_WORDPRESS, comment_ID="35", recheck_reason="retry", permalink="https://news.example/other"
    )

    assert (answer.text, elsewhere.text) == ("false", WAIT)
    assert len(await akismet.stored()) == 2


async def test_who_sends_the_tidied_text_as_a_new_comment_is_judged_afresh(akismet: Akismet) -> None:
    await akismet.check("You idiot &amp; co.")
    await akismet.decide(Action.APPROVE)

    assert (await akismet.check("You idiot & co.")).text == "true"
    assert len(await akismet.stored()) == 2


async def test_slashes_before_quotes_are_wordpress_own(akismet: Akismet) -> None:
    await akismet.check(r"It\'s a \"fine\" summit.", agent=OLD_WORDPRESS, **akismet.wordpress())
    await akismet.check('It\'s a "fine" summit.', agent=OLD_WORDPRESS, recheck_reason="retry")

    (stored,) = await akismet.stored()
    assert stored.comment.text == 'It\'s a "fine" summit.'


async def test_a_retry_is_answered_like_the_first_and_makes_no_second_row(akismet: Akismet, clock: Clock) -> None:
    first = await akismet.check("Casino.", comment_date_gmt="2026-11-24T12:00:00Z")
    before = await akismet.rows()
    clock.forward(minutes=1)
    second = await akismet.check("Casino.", comment_date_gmt="2026-11-24T12:01:00Z", user_ip="203.0.113.8")

    assert (first.text, second.text) == ("true", "true")
    assert second.headers["x-akismet-guid"] == first.headers["x-akismet-guid"]
    assert second.headers["x-akismet-pro-tip"] == "discard"
    assert await akismet.rows() == before


async def test_an_exact_retry_after_a_decision_hears_of_it(akismet: Akismet) -> None:
    assert (await akismet.check("You idiot.")).text == "true"
    await akismet.decide(Action.APPROVE)

    assert (await akismet.check("You idiot.")).text == "false"


async def test_a_comment_that_was_erased_is_judged_afresh_each_time(akismet: Akismet) -> None:
    guids = []
    for _ in range(3):
        answer = await akismet.check("You idiot.")
        repeated = await akismet.check("You idiot.", user_ip="203.0.113.9")
        assert repeated.headers["x-akismet-guid"] == answer.headers["x-akismet-guid"]
        guids.append(answer.headers["x-akismet-guid"])
        actor = replace(OPERATOR)
        await feedback.erase(akismet.services, actor, akismet.site_id, guids[-1])

    again = await akismet.check("You idiot.", agent=OLD_WORDPRESS, recheck_reason="retry", comment_ID="34")
    assert len({*guids, again.headers["x-akismet-guid"]}) == 4
    assert [one.is_erased for one in await akismet.stored()] == [True, True, True, False]


async def test_a_text_that_is_erased_again_and_again_is_judged_without_a_name(akismet: Akismet) -> None:
    for n in range(22):
        answer = await akismet.check("Fine.")
        assert answer.text == "false"
        await feedback.erase(akismet.services, OPERATOR, akismet.site_id, answer.headers["x-akismet-guid"])
        stored = await akismet.stored()
        assert (stored[-1].comment.external_id is None) == (n >= 20)
    await akismet.submit("spam", "Fine.")

    assert len(await akismet.stored()) == 22
    assert [label[3] for label in await akismet.feedback()] == [None]


async def test_another_sites_comment_is_another_one(akismet: Akismet) -> None:
    comment = a_comment("Fine.", comment_id="other", site_id=akismet.site_id, external_id="akismet-x")
    await moderate(akismet.services, comment)

    with pytest.raises(ExternalIdReused):
        await moderate(akismet.services, replace(comment, text="Other.", id="other-2"))
    assert (await akismet.check("Fine.", guid="other")).headers["x-akismet-guid"] != "other"


@pytest.mark.parametrize("is_test", ["1", "true", "True"])
@pytest.mark.parametrize(
    ("text", "body"), [("A fine summit.", "false"), ("Casino.", "true"), ("You idiot.", "true"), ("x" * 30_000, "true")]
)
async def test_a_test_leaves_no_trace(akismet: Akismet, is_test: str, text: str, body: str) -> None:
    before = await akismet.rows()

    answer = await akismet.check(text, is_test=is_test, callback="https://news.example/hook")

    assert answer.text == body
    assert answer.headers["x-akismet-guid"]
    assert await akismet.rows() == before


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"comment_author": "viagra-test-123"}, "true"),
        ({"comment_author": "akismet-guaranteed-spam"}, "true"),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, "true"),
        ({"user_role": "administrator", "comment_content": "Casino."}, "false"),
    ],
)
async def test_promised_verdicts_leave_no_trace_and_no_other_header(
    akismet: Akismet, fields: dict[str, str], body: str
) -> None:
    before = await akismet.rows()

    answer = await akismet.call("/1.1/comment-check", {**akismet.fields("Fine."), **fields})

    assert answer.text == body
    assert [name for name in answer.headers if name.startswith("x-akismet")] == ["x-akismet-guid"]
    assert await akismet.rows() == before


async def test_a_trap_that_was_stepped_into_is_blatant(akismet: Akismet) -> None:
    trapped = await akismet.check("Fine, one.", honeypot_field_name="phone", phone="5550100")
    free = await akismet.check("Fine, two.", honeypot_field_name="phone", phone="")

    assert (trapped.text, trapped.headers.get("x-akismet-pro-tip")) == ("true", "discard")
    assert free.text == "false"
    assert [reason.code for reason in (await akismet.stored())[0].outcome.reasons] == [Rule.HONEYPOT]


async def test_abuse_is_spam_unless_the_site_says_that_it_is_held(akismet: Akismet) -> None:
    as_spam = await akismet.check("Scum, one.", agent=OLD_WORDPRESS, **akismet.wordpress())
    await akismet.set_site(abuse_is_spam=False)
    held = await akismet.check("Scum, two.", agent=OLD_WORDPRESS, **akismet.wordpress())
    spam = await akismet.check("Viagra, scum.", agent=OLD_WORDPRESS, **akismet.wordpress())

    assert (as_spam.text, spam.text) == ("true", "true")
    assert held.text == "false"
    assert held.headers["x-akismet-error"], "without it the plugin would publish"


@pytest.mark.parametrize(
    ("chosen", "body"), [(HeldAnswer.HAM, "false"), (HeldAnswer.SPAM, "true"), (HeldAnswer.ASK_AGAIN, WAIT)]
)
async def test_a_site_chooses_what_is_told_of_held_comments(akismet: Akismet, chosen: HeldAnswer, body: str) -> None:
    await akismet.set_site(held_answer=chosen)

    for agent in (OLD_WORDPRESS, NEW_WORDPRESS, "other"):
        assert (await akismet.check(f"You idiot, {agent}.", agent=agent, **akismet.wordpress())).text == body


async def test_a_text_that_is_too_long_is_left_to_the_site(akismet: Akismet) -> None:
    text = "word " * (MAX_TEXT_CHARACTERS // 5)
    longer = text + "x"
    before = await akismet.rows()

    library = await akismet.check(longer)
    new = await akismet.check(longer, agent=OLD_WORDPRESS, **akismet.wordpress())
    again = await akismet.check(longer, agent=OLD_WORDPRESS, recheck_reason="retry")

    assert (library.text, new.text, again.text) == ("true", "false", WAIT)
    assert "x-akismet-error" in new.headers
    assert await akismet.rows() == before
    assert (await akismet.check(text)).text == "false"
    assert len(await akismet.stored()) == 1


async def test_somebody_who_registers_is_judged_by_the_name(akismet: Akismet) -> None:
    fields = {"comment_content": "", "comment_type": "signup"}

    assert (await akismet.call("/1.1/comment-check", {**akismet.fields(""), **fields})).text == "false"
    spam = {**akismet.fields("", comment_author="Casino"), **fields}
    assert (await akismet.call("/1.1/comment-check", spam)).text == "true"
    nothing = {"api_key": akismet.key, "user_ip": "", "comment_type": "pingback"}
    assert (await akismet.call("/1.1/comment-check", nothing)).text == "false"


async def test_a_pingback_is_asked_about_before_it_exists(akismet: Akismet) -> None:
    await akismet.set_policy(blocked_domains=("spam.example",))
    fields = {"comment_content": "", "comment_author": "", "comment_type": "pingback", "akismet_pre_check": "1"}

    answers = [
        await akismet.call("/1.1/comment-check", {**akismet.fields(""), **fields, "comment_author_url": url})
        for url in ("https://fine.example/post", "https://spam.example/post")
    ]

    assert [answer.text for answer in answers] == ["false", "true"]
    assert await akismet.stored() == []


async def test_a_comments_time_does_not_change_when_it_is_asked_about_again(akismet: Akismet, clock: Clock) -> None:
    await akismet.check("Fine.")
    clock.forward(days=2)
    await akismet.check("Fine.", comment_date_gmt="2026-11-26T12:00:00Z")

    (stored,) = await akismet.stored()
    assert (stored.comment.received_at, stored.comment.posted_at) == (NOON, None)
