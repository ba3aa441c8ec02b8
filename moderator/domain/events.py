"""Names of what happens: webhooks and the audit log use the same grammar, `subject.verb`."""

from enum import StrEnum


class EventName(StrEnum):
    """What a site's endpoint may be told."""

    COMMENT_DECIDED = "comment.decided"
    COMMENT_ERASED = "comment.erased"


class EndpointKind(StrEnum):
    """A webhook hears of all that happens on its site, a callback of the comments that were sent with its address."""

    WEBHOOK = "webhook"
    CALLBACK = "callback"


class AuditAction(StrEnum):
    """What people, operators and the service itself are answerable for."""

    SITE_ADDED = "site.added"
    SITE_CHANGED = "site.changed"
    KEY_ISSUED = "key.issued"
    KEY_REVOKED = "key.revoked"
    PERSON_ADDED = "person.added"
    PERSON_CHANGED = "person.changed"
    PERSON_DISABLED = "person.disabled"
    PERSON_ENABLED = "person.enabled"
    PASSWORD_CHANGED = "password.changed"
    TOKEN_ISSUED = "token.issued"
    TOKENS_REVOKED = "tokens.revoked"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SESSIONS_ENDED = "sessions.ended"
    POLICY_CHANGED = "policy.changed"
    ENDPOINT_ADDED = "endpoint.added"
    ENDPOINT_DISABLED = "endpoint.disabled"
    CASE_DECIDED = "case.decided"
    CASE_ESCALATED = "case.escalated"
    DECISION_UNDONE = "decision.undone"
    COMMENT_OVERRULED = "comment.overruled"
    COMMENT_ERASED = "comment.erased"
    EXAMPLE_ADDED = "example.added"
    EXAMPLE_REMOVED = "example.removed"
    MODEL_ACTIVATED = "model.activated"
    MODEL_ROLLED_BACK = "model.rolled_back"
    MODEL_REFUSED = "model.refused"


class ActorKind(StrEnum):
    """Who acted: somebody signed in, a site with its key, the operator at the command line, or the service."""

    PERSON = "person"
    SITE = "site"
    OPERATOR = "operator"
    SERVICE = "service"
