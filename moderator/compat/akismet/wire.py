"""What a client sends of a comment: the fields that are used here, and the comment that they make."""

import hashlib
import html
import json
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from moderator.compat.akismet.form import Fields
from moderator.domain.comments import Article, Author, Comment
from moderator.domain.findings import Form
from moderator.domain.ids import CommentId, SiteId

MAX_SHORT: Final = 255  # As in our own protocol; here the rest is cut off, since a client could not react.
MAX_LINE: Final = 2_000
_TRUE: Final = frozenset({"1", "true", "yes"})
_SPAM_AUTHORS: Final = frozenset({"viagra-test-123", "akismet-guaranteed-spam"})
_SPAM_EMAIL: Final = "akismet-guaranteed-spam@example.com"
_SLASHED: Final = re.compile(r"\\(['\"\\])")
_REL: Final = re.compile(r"""\srel=["'][^"'<>]*["']""")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


class MissingField(Exception):
    """A field that the protocol requires is not there; the message is its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A comment as a client describes it.

    `guid` is the name that we gave it, where a client sends it back. `is_test` is also true of a pingback before it
    exists: WordPress asks whether to fetch the page at all, and asks again about what it has found there.
    """

    content: str
    kind: str
    author: Author
    permalink: str
    post_id: str
    parent_id: str | None
    posted_at: datetime | None
    lang: str | None
    context: tuple[str, ...]
    roles: frozenset[str]
    guid: str
    callback: str
    is_trapped: bool
    is_test: bool
    is_again: bool
    is_wordpress_comment: bool

    @classmethod
    def of(cls, fields: Fields, *, is_wordpress: bool = False) -> Self:
        """Return what a form says of a comment. Raises MissingField without the author's address.

        Args:
            is_wordpress: the client is WordPress, which sends a new comment as the form's handler has it, with
                backslashes before quotes, and one that it has stored without them.
        """
        if "user_ip" not in fields and "comment_author_IP" not in fields:
            raise MissingField("user_ip")  # Empty it may be: a site that does not use addresses has none.
        is_again = bool(fields.first_of("recheck_reason", "comment_ID"))
        plain = _unslash if is_wordpress and not is_again else str
        user_id = fields.first_of("user_id", "user_ID")
        return cls(
            content=plain(fields.get_text("comment_content")),
            kind=fields.get("comment_type")[:MAX_SHORT] or "comment",
            author=Author(
                id=user_id[:MAX_SHORT] if user_id != "0" and user_id else None,
                name=plain(fields.get("comment_author"))[:MAX_SHORT] or None,
                email=plain(fields.get("comment_author_email"))[:MAX_SHORT] or None,
                url=plain(fields.get("comment_author_url"))[:MAX_LINE] or None,
                ip=fields.first_of("user_ip", "comment_author_IP")[:64] or None,
                user_agent=fields.first_of("user_agent", "comment_agent")[:MAX_LINE] or None,
            ),
            permalink=fields.get("permalink")[:MAX_LINE],
            post_id=fields.get("comment_post_ID")[:MAX_SHORT],
            parent_id=_unless_zero(fields.get("comment_parent")[:MAX_SHORT]),
            posted_at=_moment(fields.get("comment_date_gmt")),
            lang=_language(fields.get("blog_lang")),
            context=fields.all("comment_context"),
            roles=frozenset(role.strip() for role in fields.get("user_role")[:MAX_LINE].split(",")),
            guid=fields.get("guid")[:MAX_SHORT],
            callback=fields.get("callback").strip(),
            is_trapped=_is_trapped(fields),
            is_test=any(fields.get(name).strip().lower() in _TRUE for name in ("is_test", "akismet_pre_check")),
            is_again=is_again,
            is_wordpress_comment=is_wordpress and (is_again or "akismet_comment_nonce" in fields),
        )

    @property
    def forced(self) -> bool | None:
        """Return the verdict that the protocol promises to those who test a client: spam or not; None for others."""
        if "administrator" in self.roles:
            return False
        if (self.author.name or "") in _SPAM_AUTHORS or (self.author.email or "").lower() == _SPAM_EMAIL:
            return True
        return None

    @property
    def text(self) -> str:
        """Return what is judged: the text, or the name of somebody who registers or links without one."""
        return self.content if self.content.strip() else self.author.name or ""

    def external_id(self, site_id: SiteId) -> str:
        """Return a name that is the same when the client asks again about the same comment.

        The time and the sender's address are left out, which another check has and the first one has not. So are
        backslashes and the ways to end a line: WordPress checks a comment before and after it has tidied it up.
        """
        author = self.author
        parts = (
            site_id,
            self.kind,
            self.permalink or self.post_id,
            author.name,
            author.email,
            author.url,
            self.content,
        )
        told = json.dumps([_tidy(part or "") for part in parts])
        return f"akismet-{hashlib.sha256(told.encode()).hexdigest()}"

    def to_comment(
        self, *, comment_id: CommentId, site_id: SiteId, received_at: datetime, sections: Collection[str] = ()
    ) -> Comment:
        """Return the comment. `sections` are those of the site's policy: one of them may stand in the context."""
        return Comment(
            id=comment_id,
            site_id=site_id,
            text=self.text,
            received_at=received_at,
            external_id=self.external_id(site_id),
            article=Article(
                url=self.permalink or None,
                section=next((name for name in self.context if name in sections), None),
            ),
            author=self.author,
            parent_id=self.parent_id,
            posted_at=self.posted_at,
            lang=self.lang,
            form=Form(is_trapped=self.is_trapped),
        )


def loosen(text: str) -> str:
    """Return a text without what a site's software changes when it stores a comment: entities, marks, space.

    Two that are equal so are the same comment in feedback; for a verdict it would be too loose.
    """
    text = _REL.sub("", text)
    with suppress(ValueError):  # A number of thousands of digits is no entity.
        text = html.unescape(text)
    return "".join(filter(str.isalnum, text.casefold()))


def _is_trapped(fields: Fields) -> bool:
    """Return whether a field was filled in that people do not see: the site's own, or the one that WordPress adds."""
    name = fields.get("honeypot_field_name").strip()
    names = (name, f"POST_{name}") if name else ()
    return bool(fields.first_of(*names, "POST_ak_hp_textarea").strip())


def _unslash(text: str) -> str:
    return _SLASHED.sub(r"\1", text) if "\\" in text else text


def _tidy(text: str) -> str:
    return " ".join(text.replace("\\", "").split())


def _unless_zero(number: str) -> str | None:
    return number if number not in ("", "0") else None


def _moment(text: str) -> datetime | None:
    """Return a time as clients write it, with or without its zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip())
        # WordPress has no date for what is not published: 0000-00-00, which is none here either.
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _language(text: str) -> str | None:
    """Return the site's language, where it has one only: `de` of `de_DE`; of several, a comment may be in any."""
    names = {name.strip().lower().replace("_", "-").partition("-")[0] for name in text[:MAX_LINE].split(",")}
    found = names.pop() if len(names) == 1 else ""
    return found if _LANGUAGE.fullmatch(found) else None
