"""Everything about one comment: the verdict with the policy and model of its time, each decision since, and reports."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderator.console.desk import Meter, meters_of
from moderator.console.language import gettext
from moderator.domain.comments import Comment
from moderator.domain.errors import NotFound
from moderator.domain.ids import CommentId, PersonId
from moderator.domain.outcome import Outcome
from moderator.domain.people import Person
from moderator.domain.policy import Policy
from moderator.domain.review import Cause, Decision, Source
from moderator.domain.scoring import Span
from moderator.services import Services
from moderator.storage import cases, comments, decisions, opinions, policies, reports
from moderator.storage.case_files import CaseFile
from moderator.storage.database import Connection
from moderator.storage.policies import Saved
from moderator.storage.reports import Report
from moderator.usecases import review


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A decision, or a second opinion in its shape, and who made it, in words."""

    decision: Decision
    who: str
    is_opinion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything about a comment. While it waits to be decided without the machine, nothing of what that thinks.

    `holder` names the colleague who has the open case now. `change` tells how the policy's version came to be;
    `has_all_thresholds` is False when the model that brought some of them is no longer in use.
    """

    comment: Comment
    outcome: Outcome
    site: str
    is_erased: bool
    is_blind: bool
    spans: Sequence[Span]
    meters: Sequence[Meter]
    house_rules: float | None
    policy: Policy | None
    change: Saved | None
    changed_by: str | None
    policy_now: int
    model_now: str | None
    rulings: Sequence[Ruling]
    undoable: Decision | None
    reports: Sequence[Report]
    case: CaseFile | None
    holder: str | None

    @property
    def has_all_thresholds(self) -> bool:
        """Whether the thresholds shown are all that applied."""
        return self.outcome.model == self.model_now


async def open_dossier(services: Services, connection: Connection, person: Person, comment_id: CommentId) -> Dossier:
    """Return what is known about a comment. Raises NotFound, also for a site that this person may not see."""
    stored = await comments.get_anywhere(connection, comment_id)
    comment, outcome = stored.comment, stored.outcome
    if not person.may_see(comment.site_id):
        raise NotFound("There is no such comment.")
    file = None if outcome.case is None else await cases.get(connection, outcome.case, now=services.now())
    if file is not None and person.id in file.case.barred:
        file = None  # They have said already what they think; the case is for others.
    is_blind = file is not None and file.is_blind
    history = await decisions.for_comment(connection, comment_id)
    scorer = services.scorer_of(comment.site_id)
    change = await policies.find_saved(connection, comment.site_id, outcome.policy)
    policy = None
    if change is not None and not is_blind:
        policy = change.policy
        if scorer.model is not None and scorer.version == outcome.model:
            policy = scorer.model.complete(policy)
    thresholds = {} if policy is None else policy.thresholds_for(comment.article.section)
    return Dossier(
        comment=comment,
        outcome=outcome,
        site=services.site(comment.site_id).name,
        is_erased=stored.is_erased,
        is_blind=is_blind,
        spans=() if is_blind else outcome.spans,
        meters=() if is_blind else meters_of(comment, outcome, thresholds),
        house_rules=None if is_blind or stored.is_erased else scorer.house_rules(comment.text),
        policy=policy,
        change=change,
        changed_by=None if change is None or change.by is None else name_of(services, PersonId(change.by)),
        policy_now=services.directory.policies[comment.site_id].version,
        model_now=scorer.version,
        rulings=await _rulings(services, connection, history, file),
        undoable=history[-1] if not stored.is_erased and not is_blind and review.may_undo(person, history) else None,
        reports=await reports.for_comment(connection, comment_id),
        case=file,
        holder=_holder(services, person, file),
    )


async def _rulings(
    services: Services, connection: Connection, history: Sequence[Decision], file: CaseFile | None
) -> list[Ruling]:
    """Return what was said of a comment, but what whoever decides its open case must not know."""
    if not history or (file is not None and file.is_blind and file.case.cause is Cause.SECOND):
        return []
    given = await opinions.for_comment(connection, history[-1].comment_id)
    found = [Ruling(decision=one, who=who_decided(services, one)) for one in history]
    found += [Ruling(decision=one.said, who=who_decided(services, one.said), is_opinion=True) for one in given]
    is_blind = file is not None and file.is_blind
    return sorted(
        (one for one in found if not (is_blind and one.decision.source is Source.POLICY)),
        key=lambda one: one.decision.id,
    )


def _holder(services: Services, person: Person, file: CaseFile | None) -> str | None:
    claim = file.case.claim if file else None
    if claim is None or claim.expires_at <= services.now() or claim.holder == person.id:
        return None
    return name_of(services, claim.holder)


def who_decided(services: Services, decision: Decision) -> str:
    """Return who made a decision, in words."""
    if decision.source is Source.SITE:
        return gettext("the site’s own staff")
    return name_of(services, decision.person_id) if decision.person_id else gettext("the policy, by itself")


def name_of(services: Services, person_id: PersonId) -> str:
    """Return a person's name, or who else has such an id."""
    person = services.directory.people.get(person_id)
    return person.name if person else gettext("somebody")
