"""Many cases decided with one press: what would be decided, deciding it in portions, and taking it all back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from moderator.domain.bulk import MOST_CASES, Selection, is_free, most_different, spread
from moderator.domain.errors import ClaimLost, Conflict, Fault, Forbidden, InvalidInput, NotFound, Unavailable
from moderator.domain.ids import CaseId, DecisionId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.domain.reasons import ReasonCode, SiteReason
from moderator.domain.review import check_ruling
from moderator.log import logger
from moderator.services import Services
from moderator.storage import bulk, cases
from moderator.storage.bulk import Batch, Chosen
from moderator.storage.case_files import CaseFile
from moderator.storage.database import Connection
from moderator.usecases.review import Ruling, rule_on, take_back

PORTION: Final = 100  # Cases in a transaction: other writers wait for a fraction of a second at most.


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a press would decide.

    `case_ids` are at most a thousand, the oldest first; `waiting` counts all that somebody may decide now, `elsewhere`
    those that colleagues hold. `sample` are ten that stand for the others.
    """

    selection: Selection
    case_ids: Sequence[CaseId]
    waiting: int
    elsewhere: int
    sample: Sequence[CaseFile]
    at: datetime


async def preview(services: Services, person: Person, selection: Selection) -> Preview:
    """Return what a selection finds now, and a sample. Raises NotFound for a site that this person may not see."""
    _check_site(services, person, selection)
    now = services.now()
    async with services.database.read() as connection:
        chosen = await bulk.find(connection, selection, person_id=person.id, now=now, limit=MOST_CASES)
        waiting, elsewhere = await bulk.count(connection, selection, person_id=person.id, now=now)
        sample = [await cases.get(connection, one.id, now=now) for one in _sample(selection, chosen)]
    return Preview(
        selection=selection,
        case_ids=[one.id for one in chosen],
        waiting=waiting,
        elsewhere=elsewhere,
        sample=sample,
        at=now,
    )


def _sample(selection: Selection, chosen: Sequence[Chosen]) -> list[Chosen]:
    """Return some that stand for all: of a campaign the most different ones, else evenly from the lowest score on."""
    if selection.label is None:
        return [chosen[place] for place in most_different([one.sketch for one in chosen])]
    by_score = sorted(chosen, key=lambda one: (one.score or 0.0, one.id))
    return [by_score[place] for place in spread(len(by_score))]


async def decide_all(
    services: Services,
    person: Person,
    selection: Selection,
    case_ids: Sequence[CaseId],
    *,
    batch_id: str,
    action: Action,
    reason: ReasonCode | None = None,
    own: SiteReason | None = None,
    note: str | None = None,
) -> Batch:
    """Decide those of `case_ids` that still belong to the selection, are open and in nobody else's hands.

    Each gets its own decision, audit entry and event, a hundred in a transaction. When the database fails in the
    middle, what is done stays done; the batch then has more `asked` than decided and moved.

    Args:
        own: the reason as the site words it, where somebody chose one of its list.
        batch_id: named by the page that asked, so that a form that arrives twice decides once.

    Raises:
        InvalidInput: the ruling is incomplete, or there are no cases or more than a thousand.
        NotFound: a site that this person may not see.
        Conflict: the name stands for somebody else's press.
        Unavailable: the database failed before anything was decided.
    """
    check_ruling(action, reason, note)
    _check_site(services, person, selection)
    asked = list(dict.fromkeys(case_ids))
    if not 1 <= len(asked) <= MOST_CASES:
        raise InvalidInput(Fault(pointer="/cases", detail=f"1 to {MOST_CASES:,} cases"))
    batch = Batch(
        id=batch_id,
        person_id=person.id,
        action=action,
        reason=reason,
        site_reason=own.name if own and services.site(selection.site_id).settings.has_own_reasons else None,
        selection=selection,
        asked=len(asked),
        moved=0,
        created_at=services.now(),
    )
    ruling = Ruling(action=action, reason=reason, own=own, note=note)
    for begin in range(0, len(asked), PORTION):
        try:
            if await _decide_portion(
                services, person, batch, asked[begin : begin + PORTION], ruling, is_first=begin == 0
            ):
                continue
        except Unavailable:
            if begin == 0:
                raise
            logger.warning("bulk_interrupted", batch=batch_id, reached=begin, asked=len(asked))
        break
    async with services.database.read() as connection:
        known = await bulk.get(connection, batch_id)
    if known.person_id != person.id:
        raise Conflict("This name stands for somebody else's press. Nothing was decided.")
    return known


async def _decide_portion(
    services: Services, person: Person, batch: Batch, portion: Sequence[CaseId], ruling: Ruling, *, is_first: bool
) -> bool:
    """Decide some cases in a transaction. Return False when the press was recorded before: nothing is left to do."""
    async with services.database.transaction() as connection:
        if is_first and not await bulk.add(connection, batch):
            return False
        made = await _decide_some(services, connection, person, batch, portion, ruling)
        await bulk.add_decided(connection, batch.id, made, moved=len(portion) - len(made))
    services.metrics.decisions.labels(batch.action).inc(len(made))
    return True


async def _decide_some(
    services: Services,
    connection: Connection,
    person: Person,
    batch: Batch,
    portion: Sequence[CaseId],
    ruling: Ruling,
) -> list[DecisionId]:
    await bulk.lock_cases(connection, portion)
    now, made = services.now(), []
    for case_id in portion:
        try:
            file = await cases.get(connection, case_id, now=now)
            if not (is_free(file.case, person.id, now) and batch.selection.includes(file.case, file.outcome.scores)):
                continue
            if batch.selection.label is not None and file.is_blind:
                continue  # A band of scores would tell what its page does not.
            decision = await rule_on(services, connection, person, file, ruling, now=now, batch=batch.id)
        except (NotFound, ClaimLost):
            continue
        made.append(decision.id)
    return made


async def undo_all(services: Services, person: Person, batch_id: str) -> Batch:
    """Take back each decision of a press that still stands; their cases wait in the queue again, in nobody's hands.

    Raises:
        NotFound: no such press, or not for this person's eyes.
        Forbidden: it is somebody else's, and this person is neither a senior nor an administrator.
    """
    async with services.database.read() as connection:
        batch = await find_batch(connection, person, batch_id)
        made = await bulk.decisions_of(connection, batch_id)
    if not may_undo_all(person, batch):
        raise Forbidden("Only the one who decided, a senior or an administrator may undo this.")
    for begin in range(0, len(made), PORTION):
        portion, done = made[begin : begin + PORTION], 0
        async with services.database.transaction() as connection:
            await bulk.lock_decided(connection, portion)
            for decision_id in portion:
                try:
                    await take_back(services, connection, person, decision_id, batch=batch_id)
                except Conflict:  # A newer decision stands, or the comment was erased.
                    continue
                done += 1
        services.metrics.undone.inc(done)
    return batch


def may_undo_all(person: Person, batch: Batch) -> bool:
    """Return whether somebody may take a press back."""
    return batch.person_id == person.id or person.is_senior


async def find_batch(connection: Connection, person: Person, batch_id: str) -> Batch:
    """Return a press on a site that this person may see. Raises NotFound."""
    batch = await bulk.get(connection, batch_id)
    if not person.may_see(batch.site_id):
        raise NotFound("Nothing was decided together under this name.")
    return batch


def _check_site(services: Services, person: Person, selection: Selection) -> None:
    services.site(selection.site_id)
    if not person.may_see(selection.site_id):
        raise NotFound("There is no such site.")
