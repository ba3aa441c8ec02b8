"""What can go wrong, in five families. No status codes and no driver types: the edges translate."""

from dataclasses import dataclass


class ModerationError(Exception):
    """Root of all expected errors. The message is written for the caller and carries no personal data."""


class NotFound(ModerationError):
    """Nothing with that name, or nothing that this caller may see."""


class Conflict(ModerationError):
    """The thing has moved on since the caller last looked."""


class Forbidden(ModerationError):
    """The caller is unknown, or known and not allowed."""


class Invalid(ModerationError):
    """The request cannot be right, whatever the state."""


class Unavailable(ModerationError):
    """Nothing was done; the same request may succeed later."""

    retry_after_seconds = 2


class NotSignedIn(Forbidden):
    """No key or token, or one that is unknown or revoked."""


class RateLimited(Unavailable):
    """Too many requests; `retry_after_seconds` says when the next may come."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class CaseClosed(Conflict):
    """Somebody has decided this case already."""


class ClaimLost(Conflict):
    """The claim expired or went to somebody else; the decision was not taken."""


class ExternalIdReused(Conflict):
    """The external id stands for another comment already."""


class IdempotencyKeyReused(Invalid):
    """The idempotency key was used for another request."""


class NotNewest(Conflict):
    """Only the newest decision on a comment can be undone."""


class ModelRefused(ModerationError):
    """A model version failed a check; the message names the check. The model in use stays."""


class StorageUnavailable(Unavailable):
    """The database is locked, full or away; the operator may act on the message."""


class SecondWriter(StorageUnavailable):
    """Another process holds the database's writer lock."""


class SchemaRefused(ModerationError):
    """The database's schema is newer than this program, or a migration was changed after it ran."""


class StorageCorrupt(ModerationError):
    """Stored rows do not match their digest or their chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with the input: where (a JSON pointer, RFC 6901) and what."""

    pointer: str
    detail: str


class InvalidInput(Invalid):
    """The input has faults, each with its place."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.detail}" for fault in faults))
        self.faults = faults


class TooLarge(InvalidInput):
    """A text or body is over its cap."""
