"""The audit log, for administrators: who did what, in words, and whether the chain of entries holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import admin_session, show_page
from moderator.console.language import gettext, marked
from moderator.console.session import shown, signed_form
from moderator.console.words import words
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import PersonId, SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services
from moderator.storage import audit, people
from moderator.storage.audit import Actor, Entry, Question
from moderator.storage.sessions import Session
from moderator.usecases import access
from moderator.web import services

PAGE_ROWS: Final = 50
CHECK_SECONDS: Final = 4.0  # For one press; the log of a busy year has a million entries.
_LONGEST: Final = 64

# What each act is called in the list of filters.
KINDS: Final[Mapping[AuditAction, str]] = {
    AuditAction.CASE_DECIDED: marked("comments decided"),
    AuditAction.CASE_ESCALATED: marked("cases passed on"),
    AuditAction.DECISION_UNDONE: marked("decisions taken back"),
    AuditAction.COMMENT_OVERRULED: marked("comments overruled by a site"),
    AuditAction.COMMENT_ERASED: marked("comments erased"),
    AuditAction.POLICY_CHANGED: marked("policies changed"),
    AuditAction.MODEL_ACTIVATED: marked("models put to use"),
    AuditAction.MODEL_ROLLED_BACK: marked("models rolled back"),
    AuditAction.MODEL_REFUSED: marked("models refused"),
    AuditAction.EXAMPLE_ADDED: marked("golden examples added"),
    AuditAction.EXAMPLE_REMOVED: marked("golden examples removed"),
    AuditAction.PERSON_ADDED: marked("people added"),
    AuditAction.PERSON_CHANGED: marked("people changed"),
    AuditAction.PERSON_DISABLED: marked("people disabled"),
    AuditAction.PERSON_ENABLED: marked("people let in again"),
    AuditAction.PASSWORD_CHANGED: marked("passwords changed"),
    AuditAction.TOKEN_ISSUED: marked("tokens issued"),
    AuditAction.TOKENS_REVOKED: marked("tokens revoked"),
    AuditAction.SESSIONS_ENDED: marked("sessions ended"),
    AuditAction.SESSION_STARTED: marked("sign-ins"),
    AuditAction.SESSION_ENDED: marked("sign-outs"),
    AuditAction.SITE_ADDED: marked("sites added"),
    AuditAction.SITE_CHANGED: marked("sites changed"),
    AuditAction.KEY_ISSUED: marked("keys issued"),
    AuditAction.KEY_REVOKED: marked("keys revoked"),
    AuditAction.ENDPOINT_ADDED: marked("endpoints added"),
    AuditAction.ENDPOINT_DISABLED: marked("endpoints disabled"),
}
# What is said of one. `subject` is a name where the thing has one, else its id; decisions are told apart below.
SENTENCES: Final[Mapping[AuditAction, str]] = {
    AuditAction.CASE_DECIDED: marked("%(who)s decided about a comment"),
    AuditAction.CASE_ESCALATED: marked("%(who)s passed a case on"),
    AuditAction.DECISION_UNDONE: marked("%(who)s took a decision about a comment back"),
    AuditAction.COMMENT_OVERRULED: marked("%(who)s overruled what was decided about a comment"),
    AuditAction.COMMENT_ERASED: marked("%(who)s erased a comment"),
    AuditAction.POLICY_CHANGED: marked("%(who)s saved version %(version)s of the policy of %(subject)s"),
    AuditAction.MODEL_ACTIVATED: marked("%(who)s put the model %(subject)s to use"),
    AuditAction.MODEL_ROLLED_BACK: marked("%(who)s went back to the model %(subject)s"),
    AuditAction.MODEL_REFUSED: marked("%(who)s refused the model %(subject)s"),
    AuditAction.EXAMPLE_ADDED: marked("%(who)s added an example to the golden set"),
    AuditAction.EXAMPLE_REMOVED: marked("%(who)s removed an example from the golden set"),
    AuditAction.PERSON_ADDED: marked("%(who)s gave %(subject)s an account"),
    AuditAction.PERSON_DISABLED: marked("%(who)s disabled the account of %(subject)s"),
    AuditAction.PERSON_CHANGED: marked("%(who)s changed what %(subject)s may do"),
    AuditAction.PERSON_ENABLED: marked("%(who)s let %(subject)s in again"),
    AuditAction.PASSWORD_CHANGED: marked("%(who)s changed the password of %(subject)s"),
    AuditAction.TOKEN_ISSUED: marked("%(who)s issued a token for %(subject)s"),
    AuditAction.TOKENS_REVOKED: marked("%(who)s revoked the tokens of %(subject)s"),
    AuditAction.SESSIONS_ENDED: marked("%(who)s signed %(subject)s out everywhere"),
    AuditAction.SESSION_STARTED: marked("%(who)s signed in"),
    AuditAction.SESSION_ENDED: marked("%(who)s signed out"),
    AuditAction.SITE_ADDED: marked("%(who)s added the site %(subject)s"),
    AuditAction.SITE_CHANGED: marked("%(who)s changed the settings of %(subject)s"),
    AuditAction.KEY_ISSUED: marked("%(who)s issued the key %(subject)s"),
    AuditAction.KEY_REVOKED: marked("%(who)s revoked the key %(subject)s"),
    AuditAction.ENDPOINT_ADDED: marked("%(who)s added the endpoint %(subject)s"),
    AuditAction.ENDPOINT_DISABLED: marked("%(who)s disabled the endpoint %(subject)s"),
}
OTHERWISE: Final = marked("%(who)s: %(action)s, %(subject)s")
APPROVED: Final = marked("%(who)s approved a comment")
REJECTED: Final = marked("%(who)s rejected a comment: %(reason)s")
_SHOWN_ELSEWHERE: Final = frozenset({"action", "reason", "version", "batch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry as people read it. `path` leads to what it is about, `batch` to the press it was part of."""

    seq: int
    at: datetime
    says: str
    site: str | None
    path: str | None
    batch: str | None
    subject: str
    detail: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How far the chain was walked and what does not hold there; at the end of the log `is_whole`."""

    seq: int
    breaks: Sequence[str]
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the page was asked for, as it was typed."""

    who: str = ""
    action: str = ""
    site: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left out."""
        return not any((self.who, self.action, self.site, self.subject, self.since, self.until))

    def older(self, before: int) -> str:
        """Return the address of the next page."""
        fields = {
            "who": self.who,
            "action": self.action,
            "site": self.site,
            "subject": self.subject,
            "from": self.since,
            "to": self.until,
            "before": str(before),
        }
        return f"/console/log?{urlencode({name: value for name, value in fields.items() if value})}"


@shown
async def show_log(request: Request[Any]) -> Response:
    """`GET /console/log`: the newest entries first, and filters that leave out what does not fit."""
    return await _show(request, await admin_session(request))


@shown
async def check_chain(request: Request[Any]) -> Response:
    """`POST /console/log/check`: walk the chain for some seconds; where it stopped the next press goes on."""
    session, form = await signed_form(request)
    access.check_role(session.person, Role.ADMIN)
    found = services(request)
    walked = await _walk(found, after=_number(form.get("after", "")))
    return await _show(request, session, checked=walked)


async def _walk(found: Services, *, after: int) -> Checked:
    deadline = found.monotonic() + CHECK_SECONDS
    seq, breaks = after, list[str]()
    async for walked in audit.walk(found.database, after=after):
        seq = walked.seq
        breaks += walked.breaks
        if found.monotonic() >= deadline:
            return Checked(seq=seq, breaks=breaks, is_whole=False)
    end = await audit.check_end(found.database)
    return Checked(seq=seq, breaks=[*breaks, *([end] if end else [])], is_whole=True)


async def _show(request: Request[Any], session: Session, *, checked: Checked | None = None) -> Response:
    found, fields = services(request), request.query_params
    filters = Filters(
        who=fields.get("who", ""),
        action=fields.get("action", ""),
        site=fields.get("site", ""),
        subject=fields.get("subject", "").strip()[:_LONGEST],
        since=fields.get("from", ""),
        until=fields.get("to", ""),
    )
    question = _question(filters, session.person)
    async with found.database.read() as connection:
        entries = await audit.look(
            connection, question, limit=PAGE_ROWS + 1, before=_number(fields.get("before", "")) or None
        )
        names = await people.list_names(connection)
    tell = _teller(found, names)
    return await show_page(
        request,
        session,
        "log.html",
        filters=filters,
        lines=[tell(seq, entry) for seq, entry in entries[:PAGE_ROWS]],
        older=filters.older(entries[PAGE_ROWS - 1][0]) if len(entries) > PAGE_ROWS else None,
        is_continued=bool(fields.get("before")),
        kinds={action: gettext(KINDS[action]) if action in KINDS else action.value for action in _in_order()},
        names=dict(sorted(names.items(), key=lambda one: one[1].casefold())),
        sites=found.sites_for(session.person),
        checked=checked,
        now=found.now(),
    )


def _in_order() -> list[AuditAction]:
    """Return every act: those with words in their order, then whatever is newer than these."""
    return [*KINDS, *(action for action in AuditAction if action not in KINDS)]


def _question(filters: Filters, person: Person) -> Question:
    """Return what to look for. Raises InvalidInput for what is no choice."""
    question = Question(
        site_id=filters.site or None,
        subject_id=filters.subject or None,
        since=_day(filters.since, "from"),
        until=_day(filters.until, "to"),
        sites=person.sites,
    )
    if question.until is not None:
        question = replace(question, until=question.until + timedelta(days=1))
    kind, _, actor_id = filters.who.partition(":")
    try:
        return replace(
            question,
            action=AuditAction(filters.action) if filters.action else None,
            actor_kind=ActorKind(kind) if kind else None,
            actor_id=actor_id or None,
        )
    except ValueError:
        raise InvalidInput(Fault(pointer="/action", detail="no such choice")) from None


def _day(text: str, name: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) if text else None
    except ValueError:
        raise InvalidInput(Fault(pointer=f"/{name}", detail="a day such as 2026-11-24")) from None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


def _teller(found: Services, names: Mapping[PersonId, str]) -> Callable[[int, Entry], Line]:
    """Return what makes a line of an entry."""

    def site_name(site_id: str | None) -> str | None:
        site = found.directory.sites.get(SiteId(site_id)) if site_id else None
        return site.name if site else site_id

    def who(actor: Actor) -> str:
        if actor.kind is ActorKind.PERSON:
            return names.get(PersonId(actor.id or ""), gettext("Somebody"))
        if actor.kind is ActorKind.SITE:
            return gettext("The staff of %(site)s") % {"site": site_name(actor.id)}
        return gettext("The operator") if actor.kind is ActorKind.OPERATOR else gettext("The service")

    def subject(entry: Entry) -> str:
        if entry.subject_kind == "person":
            return names.get(PersonId(entry.subject_id), entry.subject_id)
        return (site_name(entry.subject_id) if entry.subject_kind == "site" else None) or entry.subject_id

    def tell(seq: int, entry: Entry) -> Line:
        detail = entry.detail
        says = gettext(_sentence(entry)) % {
            "who": who(entry.actor),
            "subject": subject(entry),
            "action": entry.action.value,
            "version": detail.get("version"),
            "reason": words(str(detail.get("reason"))),
        }
        return Line(
            seq=seq,
            at=entry.at,
            says=says,
            site=site_name(entry.site_id) if entry.subject_kind != "site" else None,
            path=_path_of(entry),
            batch=str(detail["batch"]) if detail.get("batch") else None,
            subject=f"{entry.subject_kind} {entry.subject_id}",
            detail=[
                (words(name), str(value)) for name, value in detail.items() if value and name not in _SHOWN_ELSEWHERE
            ],
        )

    return tell


def _sentence(entry: Entry) -> str:
    if entry.action is AuditAction.CASE_DECIDED:
        if entry.detail.get("action") == "approve":
            return APPROVED
        if entry.detail.get("reason"):
            return REJECTED
    return SENTENCES.get(entry.action, OTHERWISE)


def _path_of(entry: Entry) -> str | None:
    if entry.subject_kind == "comment":
        return f"/console/comments/{entry.subject_id}"
    if entry.action is AuditAction.POLICY_CHANGED:
        return f"/console/policy/{entry.subject_id}"
    return f"/console/models/{entry.subject_id}" if entry.subject_kind == "model" else None


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/log", show_log, methods=["GET"]),
    Route("/console/log/check", check_chain, methods=["POST"]),
]
