"""A comment comes in: score, judge, record, answer."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread

from moderator.classifier.scorer import Scorer
from moderator.domain.audits import AUDIT_WEIGHT, is_drawn, probability_of
from moderator.domain.blind import is_blind
from moderator.domain.campaigns import Signature
from moderator.domain.comments import Comment
from moderator.domain.decisions import About, new_decision, reason_of
from moderator.domain.errors import ExternalIdReused, IdempotencyKeyReused, ModerationError
from moderator.domain.ids import CaseId, CommentId, DecisionId
from moderator.domain.judging import judge
from moderator.domain.outcome import Outcome
from moderator.domain.policy import Action, Facts, Policy, Rule, Verdict
from moderator.domain.review import STATUS_AFTER, Case, CaseState, Cause, Decision, Source, weigh
from moderator.domain.scoring import Label, Scored, Span
from moderator.services import Services
from moderator.sketch import sign
from moderator.storage import cases, comments, decisions, signatures
from moderator.storage.comments import Record, Stored
from moderator.storage.database import Connection
from moderator.storage.signatures import Signed
from moderator.usecases.facts import count_author, gather_facts, hash_text, network_of
from moderator.usecases.shadow import watch

# From here on a batch is scored in a thread; below, the hop costs more than the scores (docs/decisions/0005).
LARGE_BATCH_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderated:
    """What to answer. `is_new` is False when the request repeats an earlier one."""

    outcome: Outcome
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """All that one comment commits."""

    record: Record
    case: Case | None
    decision: Decision | None
    signed: Signed | None
    idempotency_key: str | None


async def moderate(services: Services, comment: Comment, *, idempotency_key: str | None = None) -> Moderated:
    """Score a comment, apply its site's policy, record the outcome and return it after the commit.

    Raises:
        ExternalIdReused: the site's id stands for another text already.
        IdempotencyKeyReused: the key came with another request before.
        StorageUnavailable: nothing was recorded.
    """
    started = services.monotonic()
    scorer = services.scorer_of(comment.site_id)
    scored = scorer.score(comment.text, comment.lang)
    moderated = await _moderate_scored(services, comment, scorer, scored, idempotency_key)
    services.metrics.moderate_seconds.observe(services.monotonic() - started)
    return moderated


async def preview(services: Services, comment: Comment) -> Outcome:
    """Return what would become of a comment now. Nothing is stored, counted or learned, and nobody will see it."""
    scorer = services.scorer_of(comment.site_id)
    scored = scorer.score(comment.text, comment.lang)
    policy = services.policy_for(comment.site_id, scorer)
    signature = sign(comment.text, comment.site_id) if policy.campaign_limit else None
    facts = await gather_facts(services, comment, policy, hash_text(comment.text), signature, recent=1)
    return _outcome(scorer, comment, scored, policy, judge(policy, comment, scored, facts), None)


async def moderate_many(services: Services, submitted: Sequence[Comment]) -> list[Moderated | ModerationError]:
    """Moderate comments, each by itself: an item that cannot be taken carries its error and spoils no other."""
    scored: list[tuple[Scorer, Scored | None]] = [(services.scorer, None)] * len(submitted)
    for site_id in dict.fromkeys(one.site_id for one in submitted):
        own = [n for n, one in enumerate(submitted) if one.site_id == site_id]
        scorer = services.scorer_of(site_id)
        found = await score_many(scorer, [submitted[n].text for n in own], [submitted[n].lang for n in own])
        for n, one_scored in zip(own, found, strict=True):
            scored[n] = scorer, one_scored
    results: list[Moderated | ModerationError | None] = [None] * len(submitted)

    async def one(n: int) -> None:
        try:
            results[n] = await _moderate_scored(services, submitted[n], *scored[n], None)
        except ModerationError as error:
            results[n] = error

    async with anyio.create_task_group() as group:
        for n in range(len(submitted)):
            group.start_soon(one, n)
    return [result for result in results if result is not None]


async def score_many(scorer: Scorer, texts: Sequence[str], langs: Sequence[str | None] = ()) -> list[Scored | None]:
    """Score texts, in a thread when there is much to score. Nothing is stored.

    Args:
        langs: the language of each, when the site says; nothing for none of them.
    """
    if _is_large(texts):
        return await anyio.to_thread.run_sync(scorer.score_many, texts, langs)
    return scorer.score_many(texts, langs)


async def scores_many(scorer: Scorer, texts: Sequence[str]) -> list[Mapping[Label, float]]:
    """Return the scores alone of texts, without what only a policy asks for; none for any without a model."""
    if _is_large(texts):
        return await anyio.to_thread.run_sync(scorer.scores_many, texts)
    return scorer.scores_many(texts)


def _is_large(texts: Sequence[str]) -> bool:
    return sum(map(len, texts)) >= LARGE_BATCH_CHARACTERS


async def _moderate_scored(
    services: Services, comment: Comment, scorer: Scorer, scored: Scored | None, idempotency_key: str | None
) -> Moderated:
    policy = services.policy_for(comment.site_id, scorer)
    text_hash = hash_text(comment.text)
    signature = sign(comment.text, comment.site_id) if policy.campaign_limit else None
    recent = count_author(services, comment)
    facts = await gather_facts(services, comment, policy, text_hash, signature, recent=recent)
    verdict = judge(policy, comment, scored, facts)
    entry = _entry(services, scorer, comment, scored, policy, verdict, facts, text_hash, signature, idempotency_key)
    repeated = await services.database.batch_write(_record, entry)
    if repeated is None:
        services.metrics.verdicts.labels(verdict.action).inc()
        if services.candidates:
            watch(services, comment, facts, scored, verdict)
        return Moderated(outcome=entry.record.outcome, is_new=True)
    return Moderated(outcome=_repeat(entry, *repeated), is_new=False)


def _entry(
    services: Services,
    scorer: Scorer,
    comment: Comment,
    scored: Scored | None,
    policy: Policy,
    verdict: Verdict,
    facts: Facts,
    text_hash: str | None,
    signature: Signature | None,
    idempotency_key: str | None,
) -> _Entry:
    case = decision = audited = None
    campaign = facts.campaign.id if facts.campaign else None
    if verdict.action is Action.HOLD:
        case = _case(services, comment, _cause(verdict), weigh(scored), campaign)
    else:
        probability = _probability(services, comment, scored, policy, verdict)
        decision = new_decision(
            DecisionId(services.ids.new()),
            About(
                site_id=comment.site_id,
                comment_id=comment.id,
                policy_version=policy.version,
                model_version=scored.model if scored else None,
            ),
            source=Source.POLICY,
            action=verdict.action,
            at=comment.received_at,
            reason=reason_of(verdict),
            probability=probability,
        )
        if probability is not None and is_drawn(comment.id, comment.site_id, probability):
            audited = _case(services, comment, Cause.SAMPLE, AUDIT_WEIGHT, campaign)
    # An audit is not the site's concern: its comment is decided.
    outcome = _outcome(scorer, comment, scored, policy, verdict, case)
    is_repeatable = comment.external_id is not None or idempotency_key is not None
    record = Record(
        comment=comment,
        outcome=outcome,
        fingerprint=fingerprint(comment) if is_repeatable else None,
        text_hash=text_hash,
        author_network=network_of(comment.author.ip),
    )
    signed = None
    if signature is not None:
        joined, at = campaign or comment.id, comment.received_at
        signed = Signed(comment_id=comment.id, campaign=joined, signature=signature, received_at=at)
    opened = case or audited
    return _Entry(record=record, case=opened, decision=decision, signed=signed, idempotency_key=idempotency_key)


def _case(services: Services, comment: Comment, cause: Cause, weight: float, campaign: CommentId | None) -> Case:
    return Case(
        id=CaseId(services.ids.new()),
        site_id=comment.site_id,
        comment_id=comment.id,
        cause=cause,
        state=CaseState.OPEN,
        weight=weight,
        opened_at=comment.received_at,
        generation=0,
        campaign=campaign,
    )


def _probability(
    services: Services, comment: Comment, scored: Scored | None, policy: Policy, verdict: Verdict
) -> float | None:
    share = services.settings.audit_share if policy.audit_share is None else policy.audit_share
    thresholds = policy.thresholds_for(comment.article.section, scored.language if scored else None)
    return probability_of(share, verdict, scored, thresholds)


def _outcome(
    scorer: Scorer,
    comment: Comment,
    scored: Scored | None,
    policy: Policy,
    verdict: Verdict,
    case: Case | None,
) -> Outcome:
    return Outcome(
        comment_id=comment.id,
        external_id=comment.external_id,
        verdict=verdict.action,
        status=STATUS_AFTER[verdict.action],
        scores=scored.scores if scored else {},
        reasons=verdict.reasons,
        spans=_explain(scorer, comment, verdict),
        signals=scored.signals if scored else (),
        model=scored.model if scored else None,
        policy=policy.version,
        case=case.id if case else None,
    )


def _cause(verdict: Verdict) -> Cause:
    is_campaign = any(reason.code is Rule.CAMPAIGN for reason in verdict.reasons)
    return Cause.CAMPAIGN if is_campaign else Cause.BORDERLINE


def _explain(scorer: Scorer, comment: Comment, verdict: Verdict) -> tuple[Span, ...]:
    labels = [reason.label for reason in verdict.reasons if reason.label is not None]
    return scorer.explain(comment.text, labels) if labels else ()


_Repeated = tuple[Stored, str | None]


async def _record(connection: Connection, entries: Sequence[_Entry]) -> list[_Repeated | None]:
    """Store what is new, in a statement for each table. Return, for each that repeats a request, the first one."""
    results: list[_Repeated | None] = [None] * len(entries)
    plain = [n for n, entry in enumerate(entries) if entry.idempotency_key is None]
    await _record_plain(connection, entries, plain, results)
    for n, entry in enumerate(entries):
        if entry.idempotency_key is None:
            continue
        found = await comments.find_by_idempotency_key(connection, entry.record.comment.site_id, entry.idempotency_key)
        if found is not None:
            results[n] = (found[1], found[0])
            continue
        await _record_plain(connection, entries, [n], results)
        repeated = results[n]
        await comments.add_idempotency_key(
            connection,
            site_id=entry.record.comment.site_id,
            key=entry.idempotency_key,
            fingerprint=entry.record.fingerprint or "",
            comment_id=repeated[0].comment.id if repeated else entry.record.comment.id,
            now_ms=int(entry.record.comment.received_at.timestamp() * 1000),
        )
    return results


async def _record_plain(
    connection: Connection, entries: Sequence[_Entry], chosen: Sequence[int], results: list[_Repeated | None]
) -> None:
    if not chosen:
        return
    added = await comments.add(connection, [entries[n].record for n in chosen])
    new = [n for n in chosen if entries[n].record.comment.id in added]
    await decisions.append(connection, [made for n in new if (made := entries[n].decision) is not None])
    opened = [(case, entries[n].record.comment.text) for n in new if (case := entries[n].case) is not None]
    blind = {case.id for case, text in opened if is_blind(case.cause, text)}
    await cases.open_many(connection, [case for case, _ in opened], blind=blind)
    signed = [kept for n in new if (kept := entries[n].signed) is not None]
    await signatures.add(connection, signed)
    await cases.lead_campaigns(connection, sorted({one.campaign for one in signed if one.campaign != one.comment_id}))
    for n in chosen:
        comment = entries[n].record.comment
        if comment.id not in added:
            assert comment.external_id is not None  # Nothing else can collide.
            first = await comments.find_by_external_id(connection, comment.site_id, comment.external_id)
            assert first is not None
            results[n] = (first, None)


def _repeat(entry: _Entry, first: Stored, request_fingerprint: str | None) -> Outcome:
    """Return the first outcome of a repeated request, or raise when the content is not the same."""
    if request_fingerprint is not None:
        if request_fingerprint != entry.record.fingerprint:
            raise IdempotencyKeyReused("This Idempotency-Key came with another request before.")
    elif first.is_erased:
        raise ExternalIdReused("This external_id stands for a comment that was erased.")
    elif first.fingerprint != entry.record.fingerprint:
        raise ExternalIdReused("This external_id stands for a comment with other content.")
    return first.outcome


def fingerprint(comment: Comment) -> str:
    """Return a hash of what the site sent: equal for a repeat, different for another comment.

    How the form was filled in is left out: a page that sends once more after a lost answer took longer by then.
    """
    article, author = comment.article, comment.author
    sent = (
        comment.external_id,
        comment.text,
        (article.url, article.title, article.section),
        (author.id, author.name, author.email, author.url, author.ip, author.user_agent),
        comment.parent_id,
        comment.posted_at.isoformat() if comment.posted_at else None,
        comment.lang,
    )
    return hashlib.sha256(json.dumps(sent).encode()).hexdigest()
