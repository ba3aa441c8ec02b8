"""The case in hand: everything that a moderator reads about it, and the decision that may be taken back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from moderator.console.alike import Alike, find_alike
from moderator.console.codes import Codes, codes_of
from moderator.console.context import Parent, Past, find_parent, last_decisions
from moderator.console.language import gettext
from moderator.console.text import excerpt_of
from moderator.domain.comments import Comment
from moderator.domain.errors import NotFound
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.opinions import find_dissent, standing
from moderator.domain.outcome import Outcome
from moderator.domain.people import Person
from moderator.domain.policy import Action, Facts, Reason
from moderator.domain.reasons import DEFAULT_REASONS, SiteReason
from moderator.domain.review import Cause, Decision, Source
from moderator.domain.scoring import Label, Span, Threshold
from moderator.services import Services
from moderator.storage import claims, comments, decisions, opinions, reports
from moderator.storage.case_files import CaseFile
from moderator.storage.comments import FactsQuestion
from moderator.storage.database import Connection
from moderator.storage.reports import Report

SHOWN_WORDS = 3
WORTH_A_ROW = 0.10  # Lower scores that no threshold looks at fold away.
EXCERPT_CHARACTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A stretch of the comment and its share (0 to 1) of what speaks for a label."""

    text: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A label's score beside the thresholds that apply, and the words that drove it."""

    label: Label
    score: float
    threshold: Threshold | None
    evidence: tuple[Evidence, ...]

    @property
    def is_high(self) -> bool:
        """Whether the score alone would hold the comment."""
        return self.threshold is not None and self.score >= self.threshold.hold_at

    @property
    def is_worth_a_row(self) -> bool:
        """Whether the score says something."""
        return self.is_high or self.score >= WORTH_A_ROW

    @property
    def marks(self) -> list[float]:
        """Where people and where the machine begin to act; a threshold above 1 is never reached."""
        return (
            []
            if self.threshold is None
            else [at for at in (self.threshold.hold_at, self.threshold.reject_at) if at <= 1]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What somebody said of a comment, and who that was, in words."""

    said: Decision
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything about the case in hand. A blind one shows nothing of what the machine thinks.

    `hand` has the cases that the person holds, this one among them; `passed_by` names who passed it on. `house_rules`
    is how likely this site's people reject such a comment (0 to 1), where its model has learned that. Where two people
    disagree, `apart` has what each of them said; whoever gives a second opinion sees nothing of the first.
    """

    file: CaseFile
    site: str
    hand: Sequence[CaseId]
    choices: Sequence[SiteReason]
    codes: Codes
    parent: Parent | None
    past: Sequence[Past]
    passed_by: str | None
    is_blind: bool
    spans: Sequence[Span]
    meters: Sequence[Meter]
    house_rules: float | None
    reasons: Sequence[Reason]
    facts: Facts | None
    history: Sequence[Decision]
    apart: Sequence[Voice]
    reports: Sequence[Report]
    alike: Alike | None
    seconds_left: int

    @property
    def place(self) -> int:
        """Which of the cases in hand this is, from 0."""
        return self.hand.index(self.file.case.id)

    @property
    def next(self) -> CaseId | None:
        """The case in hand after this one, in a circle; None when it is the only one."""
        return self.hand[(self.place + 1) % len(self.hand)] if len(self.hand) > 1 else None

    @property
    def previous(self) -> CaseId | None:
        """The case in hand before this one, in a circle; None when it is the only one."""
        return self.hand[self.place - 1] if len(self.hand) > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A decision that its maker can still take back, and how the comment began."""

    decision: Decision
    excerpt: str


async def in_hand(services: Services, connection: Connection, person: Person) -> list[CaseFile]:
    """Return the cases that somebody holds and may see, the most urgent first."""
    held = await claims.list_claimed(connection, holder=person.id, now=services.now())
    return [file for file in held if person.may_see(file.case.site_id)]


def choices_of(services: Services, person: Person) -> Sequence[SiteReason]:
    """Return the reasons that every site of a person has; those of the house where the sites differ."""
    lists = {site.settings.reasons for site in services.directory.sites.values() if person.may_see(site.id)}
    return next(iter(lists)) if len(lists) == 1 else DEFAULT_REASONS


async def open_desk(services: Services, connection: Connection, file: CaseFile, hand: Sequence[CaseFile]) -> Desk:
    """Return what is shown about a case of those in `hand`."""
    comment, outcome, claim = file.comment, file.outcome, file.case.claim
    thresholds = services.policy_for(comment.site_id).thresholds_for(comment.article.section)
    is_blind = file.is_blind
    facts = None
    if comment.author.key:
        question = FactsQuestion(site_id=comment.site_id, author_key=comment.author.key, text_hash=None, since_ms=0)
        facts = (await comments.author_facts(connection, [question]))[0]
    history = await decisions.for_comment(connection, comment.id)
    site = services.site(comment.site_id)
    passed_by = services.directory.people.get(file.case.escalation.by) if file.case.escalation else None
    return Desk(
        file=file,
        site=site.name,
        hand=[one.case.id for one in hand],
        choices=site.settings.reasons,
        codes=codes_of(comment.text),
        parent=await find_parent(connection, comment),
        past=await last_decisions(connection, comment),
        passed_by=passed_by.name if passed_by else None,
        is_blind=is_blind,
        spans=() if is_blind else outcome.spans,
        meters=() if is_blind else meters_of(comment, outcome, thresholds),
        house_rules=None if is_blind else services.scorer_of(comment.site_id).house_rules(comment.text),
        reasons=() if is_blind else [reason for reason in outcome.reasons if reason.label is None],
        facts=facts,
        history=[] if file.case.cause is Cause.SECOND else [one for one in history if one.source is Source.MODERATOR],
        apart=await _apart(services, connection, history) if file.case.cause is Cause.DISAGREEMENT else (),
        reports=await reports.for_comment(connection, comment.id),
        alike=None
        if is_blind
        else await find_alike(services, connection, file, reader=claim.holder if claim else None),
        # Rounded up: when the page says that the time is over, it is.
        seconds_left=max(0, ceil((claim.expires_at - services.now()).total_seconds())) if claim else 0,
    )


async def _apart(services: Services, connection: Connection, history: Sequence[Decision]) -> list[Voice]:
    """Return what holds and the opinion that disputes it; nothing where that is settled."""
    given = await opinions.for_comment(connection, history[-1].comment_id)
    dissent = find_dissent(history, given)
    if dissent is None:
        return []
    names = services.directory.people
    return [
        Voice(said=one, who=names[one.person_id].name if one.person_id in names else gettext("Somebody"))
        for one in (history[-1], dissent.said)
        if one.person_id is not None
    ]


def meters_of(comment: Comment, outcome: Outcome, thresholds: Mapping[Label, Threshold]) -> list[Meter]:
    """Return a comment's scores beside the thresholds, those first that alone would hold it."""
    meters = [
        Meter(
            label=label,
            score=score,
            threshold=thresholds.get(label),
            evidence=_evidence(comment.text, (span for span in outcome.spans if span.label is label)),
        )
        for label, score in outcome.scores.items()
    ]
    return sorted(meters, key=lambda meter: (not meter.is_high, -meter.score))


def _evidence(text: str, spans: Iterable[Span]) -> tuple[Evidence, ...]:
    found: dict[str, Evidence] = {}
    for span in sorted(spans, key=lambda one: -one.weight):
        words = text[span.start : span.end]
        found.setdefault(words.casefold(), Evidence(text=words, share=span.weight))
    return tuple(found.values())[:SHOWN_WORDS]


async def find_done(connection: Connection, person: Person, made: Sequence[str]) -> Done | None:
    """Return the last of a browser's decisions that still stands and is this person's, or None."""
    for decision_id in reversed(made):
        decision = await _find_standing(connection, DecisionId(decision_id))
        if decision is None or decision.person_id != person.id or not person.may_see(decision.site_id):
            continue
        stored = await comments.get_anywhere(connection, decision.comment_id)
        if not stored.is_erased:
            return Done(decision=decision, excerpt=excerpt_of(stored.comment.text, EXCERPT_CHARACTERS))
    return None


async def _find_standing(connection: Connection, decision_id: DecisionId) -> Decision | None:
    """Return a decision that still holds, or an opinion that was not taken back and came after it; else None."""
    if opinion := await opinions.find(connection, decision_id):
        newest = (await decisions.for_comment(connection, opinion.said.comment_id))[-1]
        given = await opinions.for_comment(connection, opinion.said.comment_id)
        return opinion.said if opinion in standing(given) and newest.id == opinion.about else None
    try:
        decision = await decisions.get(connection, decision_id)
    except NotFound:
        return None
    newest = (await decisions.for_comment(connection, decision.comment_id))[-1]
    return decision if newest.id == decision.id and decision.action is not Action.HOLD else None
