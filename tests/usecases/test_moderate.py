"""A comment comes in."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from moderator.domain.comments import Author, Status
from moderator.domain.errors import ExternalIdReused, IdempotencyKeyReused
from moderator.domain.findings import NO_FORM, Form
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.policy import Action, Rule
from moderator.domain.review import Automation, Detection, Ground, ReasonCode, Source
from moderator.domain.scoring import Label, Scored, Span
from moderator.services import Services
from moderator.storage import cases, comments, decisions
from moderator.storage.database import Connection
from moderator.usecases import commands, manage
from moderator.usecases.facts import network_of
from moderator.usecases.moderate import moderate, moderate_many, preview, score_many, scores_many
from tests.builders import a_comment
from tests.fakes import Clock, FakeScorer
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def test_an_ordinary_comment_is_approved_by_the_policy(services: Services, site: SiteId) -> None:
    comment = a_comment(site_id=site)

    moderated = await moderate(services, comment)

    assert moderated.is_new
    assert moderated.outcome.status is Status.APPROVED
    async with services.database.read() as connection:
        stored = await comments.get(connection, site, comment.id)
        (decision,) = await decisions.for_comment(connection, comment.id)
    assert stored.comment == comment
    assert stored.outcome == moderated.outcome
    assert (decision.source, decision.automation) == (Source.POLICY, Automation.FULLY)
    assert (decision.policy_version, decision.model_version) == (2, "fake-1")


async def test_a_borderline_comment_waits_in_a_case_with_its_words(
    services: Services, site: SiteId, clock: Clock
) -> None:
    moderated = await moderate(services, a_comment("What an idiot.", site_id=site))

    assert moderated.outcome.verdict is Action.HOLD
    assert moderated.outcome.case is not None
    assert [(span.start, span.end, span.label) for span in moderated.outcome.spans] == [(8, 13, Label.INSULT)]
    async with services.database.read() as connection:
        file = await cases.get(connection, moderated.outcome.case, now=clock.now())
        assert await decisions.for_comment(connection, moderated.outcome.comment_id) == []
    assert file.case.weight == pytest.approx(0.3)


async def test_only_what_is_held_or_rejected_for_a_score_is_explained(services: Services, site: SiteId) -> None:
    asked: list[str] = []

    class Recording(FakeScorer):
        def explain(self, text: str, labels: Sequence[Label]) -> tuple[Span, ...]:
            asked.append(text)
            return super().explain(text, labels)

    services.scorer = Recording()
    for text in ("The minister explains the budget.", "Hidden\u200bletters", "What an idiot.", "Cheap viagra!"):
        await moderate(services, a_comment(text, site_id=site))
    assert asked == ["What an idiot.", "Cheap viagra!"]


async def test_a_rejection_is_recorded_with_what_the_law_asks(services: Services, site: SiteId) -> None:
    moderated = await moderate(services, a_comment("Cheap viagra!", site_id=site))

    async with services.database.read() as connection:
        (decision,) = await decisions.for_comment(connection, moderated.outcome.comment_id)
    assert moderated.outcome.status is Status.REJECTED
    assert (decision.reason, decision.ground, decision.detection) == (ReasonCode.SPAM, Ground.TERMS, Detection.POLICY)


async def test_a_batch_knows_the_language_of_each_comment(services: Services, site: SiteId) -> None:
    class Recording(FakeScorer):
        def score_many(self, texts: Sequence[str], langs: Sequence[str | None] = ()) -> list[Scored | None]:
            assert list(langs) == ["en", None]
            return super().score_many(texts, langs)

    services.scorer = Recording()
    submitted = [replace(a_comment("One.", site_id=site), lang="en"), a_comment("Two.", site_id=site)]
    assert len(await moderate_many(services, submitted)) == 2


async def test_without_a_model_every_comment_is_held(services: Services, site: SiteId) -> None:
    services.scorer = FakeScorer(version=None)

    moderated = await moderate(services, a_comment(site_id=site))

    assert moderated.outcome.verdict is Action.HOLD
    assert moderated.outcome.reasons[0].code is Rule.UNSCORED
    assert moderated.outcome.model is None


async def test_a_repeated_external_id_gets_the_first_outcome(services: Services, site: SiteId) -> None:
    first = await moderate(services, a_comment("What an idiot.", site_id=site, external_id="wp-1"))
    again = await moderate(services, a_comment("What an idiot.", site_id=site, external_id="wp-1"))

    assert not again.is_new
    assert again.outcome == first.outcome


async def test_the_first_outcome_is_repeated_even_after_a_decision(services: Services, site: SiteId) -> None:
    first = await moderate(services, a_comment("What an idiot.", site_id=site, external_id="wp-1"))
    async with services.database.transaction() as connection:
        await comments.set_status(connection, first.outcome.comment_id, Status.REJECTED)

    again = await moderate(services, a_comment("What an idiot.", site_id=site, external_id="wp-1"))

    assert again.outcome == first.outcome


async def test_an_external_id_stands_for_one_text_only(services: Services, site: SiteId) -> None:
    await moderate(services, a_comment("One.", site_id=site, external_id="wp-1"))

    with pytest.raises(ExternalIdReused):
        await moderate(services, a_comment("Two.", site_id=site, external_id="wp-1"))


async def test_an_erased_external_id_is_not_used_again(services: Services, site: SiteId) -> None:
    comment = a_comment("One.", site_id=site, external_id="wp-1")
    await moderate(services, comment)
    async with services.database.transaction() as connection:
        await comments.erase(connection, comment.id, 1)

    with pytest.raises(ExternalIdReused, match="erased"):
        await moderate(services, a_comment("One.", site_id=site, external_id="wp-1"))


async def test_an_idempotency_key_repeats_the_outcome_and_refuses_another_request(
    services: Services, site: SiteId
) -> None:
    first = await moderate(services, a_comment("One.", site_id=site), idempotency_key="k")
    again = await moderate(services, a_comment("One.", site_id=site), idempotency_key="k")

    assert (again.is_new, again.outcome) == (False, first.outcome)
    with pytest.raises(IdempotencyKeyReused):
        await moderate(services, a_comment("Two.", site_id=site), idempotency_key="k")


async def test_a_new_key_with_a_known_external_id_is_a_repeat(services: Services, site: SiteId) -> None:
    first = await moderate(services, a_comment("One.", site_id=site, external_id="wp-1"))
    again = await moderate(services, a_comment("One.", site_id=site, external_id="wp-1"), idempotency_key="k")
    third = await moderate(services, a_comment("One.", site_id=site, external_id="wp-1"), idempotency_key="k")

    assert again.outcome == third.outcome == first.outcome


async def test_many_are_moderated_each_by_itself(services: Services, site: SiteId) -> None:
    await moderate(services, a_comment("One.", site_id=site, external_id="wp-1"))
    submitted = [
        a_comment("Fine by me.", site_id=site),
        a_comment("Other text.", site_id=site, external_id="wp-1"),
        a_comment("You scum.", site_id=site),
    ]

    results = await moderate_many(services, submitted)

    assert not isinstance(results[0], Exception)
    assert results[0].outcome.verdict is Action.APPROVE
    assert isinstance(results[1], ExternalIdReused)
    assert not isinstance(results[2], Exception)
    assert results[2].outcome.verdict is Action.REJECT


async def test_large_batches_are_scored_in_order_too(services: Services, site: SiteId) -> None:
    texts = [f"{n} viagra" if n % 2 else f"{n} gas" for n in range(3_000)]

    scored = await score_many(services.scorer, texts)

    assert [one.scores[Label.SPAM] > 0.5 for one in scored if one] == [bool(n % 2) for n in range(3_000)]
    assert await scores_many(services.scorer, texts) == [one.scores for one in scored if one]


async def test_scores_alone_are_those_that_a_policy_sees(services: Services, site: SiteId) -> None:
    (scored,) = await score_many(services.scorer, ["viagra"])

    assert scored is not None
    assert await scores_many(services.scorer, ["viagra"]) == [scored.scores]


async def test_a_hurried_author_is_held_by_id_and_by_address(services: Services, site: SiteId, clock: Clock) -> None:
    async def post(author: Author) -> Action:
        return (await moderate(services, a_comment("Yes.", site_id=site, author=author))).outcome.verdict

    by_address = [await post(Author(id=str(n), ip="192.0.2.7")) for n in range(4)]
    clock.forward(seconds=61)
    later = await post(Author(id="9", ip="192.0.2.7"))

    assert by_address == [Action.APPROVE] * 3 + [Action.HOLD]
    assert later is Action.APPROVE


async def test_a_text_posted_again_and_again_is_held(services: Services, site: SiteId) -> None:
    text = "Visit my wonderful page about gardening, friends"

    verdicts = [(await moderate(services, a_comment(text + " " * n, site_id=site))).outcome.verdict for n in range(3)]

    assert verdicts == [Action.APPROVE, Action.APPROVE, Action.HOLD]


async def test_personal_data_is_looked_for_where_the_policy_asks(services: Services, site: SiteId) -> None:
    text = "Ring +49 30 23125 123 or +49 30 23125 124"
    held = await moderate(services, a_comment(text, site_id=site))
    policy = services.directory.policies[site]
    await manage.set_policy(services, OPERATOR, site, replace(policy, hold_personal_data=False))
    passed = await moderate(services, a_comment(text, site_id=site))

    assert [reason.code for reason in held.outcome.reasons] == [Rule.PERSONAL_DATA]
    assert held.outcome.reasons[0].detail == "The text contains a phone number."
    assert passed.outcome.verdict is Action.APPROVE


async def test_a_sites_lists_are_looked_for_in_text_links_and_the_authors_address(
    services: Services, site: SiteId
) -> None:
    policy = services.directory.policies[site]
    lists = replace(
        policy,
        banned_phrases=("summit",),
        suspect_phrases=("gas prices",),
        banned_patterns=("spr[i1]ng",),
        blocked_domains=("bad.example",),
        trusted_domains=("news.example",),
        link_limit=0,
    )
    await manage.set_policy(services, OPERATOR, site, lists)

    async def codes(text: str, author: Author | None = None) -> list[Rule]:
        moderated = await moderate(services, a_comment(text, site_id=site, author=author))
        return [reason.code for reason in moderated.outcome.reasons]

    assert await codes("The summ1t ended.") == [Rule.BANNED_PHRASE]
    assert await codes("Spr1ng is near. Gas prices fall.") == [Rule.BANNED_PHRASE, Rule.SUSPECT_PHRASE]
    assert await codes("See https://news.example/a and sub.news.example.") == []
    assert await codes("See https://sub.bad.example/a") == [Rule.BLOCKED_DOMAIN, Rule.LINKS]
    assert await codes("Hello.", Author(url="https://bad.example/me")) == [Rule.BLOCKED_DOMAIN]


async def test_a_filled_honeypot_is_rejected_and_leaves_nothing_but_the_reason(
    services: Services, site: SiteId
) -> None:
    comment = replace(a_comment(site_id=site), form=Form(is_trapped=True, seconds=0.3))

    moderated = await moderate(services, comment)

    assert moderated.outcome.verdict is Action.REJECT
    assert [reason.code for reason in moderated.outcome.reasons] == [Rule.HONEYPOT, Rule.TOO_FAST]
    async with services.database.read() as connection:
        stored = await comments.get(connection, site, comment.id)
        (decision,) = await decisions.for_comment(connection, comment.id)
    assert stored.comment.form == NO_FORM
    assert decision.reason is ReasonCode.SPAM


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_retry_gets_the_first_answer_however_long_it_took(
    services: Services, site: SiteId, key: str | None
) -> None:
    sent = a_comment("One.", site_id=site, external_id=None if key else "wp-1")
    first = await moderate(services, replace(sent, form=Form(seconds=1.4)), idempotency_key=key)
    again = await moderate(
        services,
        replace(sent, id=CommentId("another"), form=Form(is_trapped=True, seconds=31.0)),
        idempotency_key=key,
    )

    assert first.outcome.verdict is Action.HOLD
    assert (again.is_new, again.outcome) == (False, first.outcome)


async def test_an_imported_comment_may_say_how_its_form_was_filled_in(services: Services, site: SiteId) -> None:
    forms = [None, {"honeypot": " ", "seconds": 2.5}, {"honeypot": None, "seconds": 0.5}, {"honeypot": "Acme"}]

    told = await commands.import_comments(
        services, site=site, comments=[{"text": f"Comment {n}.", "form": form} for n, form in enumerate(forms)]
    )

    assert [result["reasons"] for result in told["results"]] == [[], [], ["too_fast"], ["honeypot"]]


async def test_newcomers_are_known_by_their_record(services: Services, site: SiteId) -> None:
    await moderate(services, a_comment(site_id=site, author=Author(id="old hand")))
    policy = services.directory.policies[site]
    await manage.set_policy(services, OPERATOR, site, replace(policy, newcomer_comments=1))

    known = await moderate(services, a_comment("Good.", site_id=site, author=Author(id="old hand")))
    new = await moderate(services, a_comment("Good.", site_id=site, author=Author(id="new here")))

    assert known.outcome.verdict is Action.APPROVE
    assert new.outcome.reasons[0].code is Rule.NEWCOMER


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("not an address", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_loses_its_host_part(ip: str | None, network: str | None) -> None:
    assert network_of(ip) == network


async def test_a_preview_says_the_same_and_leaves_no_trace(services: Services, site: SiteId) -> None:
    for text in ("What an idiot.", "You scum, all of you.", "A fine point on gas prices."):
        comment = a_comment(text, site_id=site, author=Author(id="7", ip="192.0.2.7"))
        async with services.database.read() as connection:
            tables = await _rows(connection)
        for _ in range(5):  # More often than the author may post in a minute.
            outcome = await preview(services, comment)
        async with services.database.read() as connection:
            assert await _rows(connection) == tables
        said = (await moderate(services, comment)).outcome
        assert replace(said, case=None) == outcome


async def _rows(connection: Connection) -> list[int]:
    tables = ("comments", "cases", "decisions", "signatures", "feedback", "audit", "events", "deliveries")
    counts = [await connection.one(f"SELECT COUNT(*) AS number FROM {table}") for table in tables]
    return [int(row["number"]) for row in counts if row is not None]
