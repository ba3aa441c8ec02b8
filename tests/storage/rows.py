"""Rows that others refer to, so that a test adds only what it is about."""

from datetime import datetime, timedelta
from itertools import count

from moderator.domain.comments import Author, Comment, Site
from moderator.domain.ids import CaseId, CommentId, DecisionId, PersonId, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import Automation, Case, Decision, Detection, Source
from moderator.storage import cases, comments, people, sites
from moderator.storage.case_files import CaseFile
from moderator.storage.comments import Record
from moderator.storage.database import Connection
from tests.builders import A_SITE, NOON, a_case, a_comment, an_outcome

ANOTHER_SITE = SiteId("site-2")
ANNA, BEN = PersonId("person-anna"), PersonId("person-ben")
_numbers = count(1)


def later(**by: float) -> datetime:
    """Return a moment after noon: `later(minutes=5)`."""
    return NOON + timedelta(**by)


async def add_sites(connection: Connection) -> None:
    """Store two sites."""
    for site_id in (A_SITE, ANOTHER_SITE):
        await sites.add(connection, Site(id=site_id, name=f"The {site_id}"), NOON)


async def add_people(connection: Connection) -> None:
    """Store Anna and Ben, who moderate."""
    for person_id, name in ((ANNA, "Anna"), (BEN, "Ben")):
        person = Person(id=person_id, name=name, role=Role.MODERATOR)
        assert await people.add(connection, person, password_hash=f"hash of {name}", now=NOON)


async def add_comment(
    connection: Connection,
    comment: Comment | None = None,
    *,
    verdict: Action = Action.APPROVE,
    site_id: SiteId = A_SITE,
    author: Author | None = None,
    text_hash: str | None = None,
    received_at: datetime = NOON,
) -> Comment:
    """Store a comment with its outcome and return it."""
    comment = comment or a_comment(site_id=site_id, author=author, received_at=received_at)
    record = Record(comment=comment, outcome=an_outcome(comment, verdict=verdict), text_hash=text_hash)
    assert await comments.add(connection, [record]) == {comment.id}
    return comment


async def add_case(
    connection: Connection,
    *,
    case_id: str | None = None,
    weight: float = 0.5,
    opened_at: datetime = NOON,
    site_id: SiteId = A_SITE,
) -> Case:
    """Store a held comment and open its case."""
    comment = await add_comment(connection, verdict=Action.HOLD, site_id=site_id)
    case = a_case(comment, case_id=case_id, weight=weight, opened_at=opened_at)
    assert await cases.open_many(connection, [case]) == {case.id}
    return case


def a_decision(comment_id: CommentId, **changed: object) -> Decision:
    """Return the policy's approval of a comment."""
    fields = {
        "id": DecisionId(f"decision-{next(_numbers):06}"),
        "site_id": A_SITE,
        "comment_id": comment_id,
        "source": Source.POLICY,
        "action": Action.APPROVE,
        "detection": Detection.POLICY,
        "automation": Automation.FULLY,
        "decided_at": NOON,
        **changed,
    }
    return Decision(**fields)  # type: ignore[arg-type]


def case_ids(files: list[CaseFile]) -> list[CaseId]:
    """Return the ids of cases in their order."""
    return [file.case.id for file in files]
