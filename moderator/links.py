"""Finds web addresses in a text as people see them, and compares their hosts with a site's lists.

Addresses are found behind `https://`, `hxxp://` and `www.`, bare with a path or a usual ending, with the dot written in
words, and in markup; the host is the one that a browser would go to. Hosts are equal whatever their case, whether in
Unicode or in Punycode (RFC 3492). Nothing is looked up: no name, no certificate. Every pattern is bounded or has one
start for each run of characters: the work is linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from moderator.classifier.letters import LOOKS_LATIN, TO_LATIN
from moderator.classifier.normalise import fold_word
from moderator.domain.errors import Fault
from moderator.domain.findings import NO_LINKS, Doubt, Links

MOST_DOMAINS: Final = 5_000
MOST_LINKS: Final = 200  # Who sends more is held long before.

# Services that lead anywhere; where, nobody sees before the click.
SHORTENERS: Final = frozenset({
    "adf.ly", "bit.do", "bit.ly", "bitly.com", "bl.ink", "buff.ly", "clck.ru", "cutt.ly", "dlvr.it", "fb.me", "goo.gl",
    "goo.su", "is.gd", "j.mp", "lnkd.in", "n9.cl", "ouo.io", "ow.ly", "rb.gy", "rebrand.ly", "s.id", "shorte.st",
    "shorturl.at", "soo.gd", "t.co", "t.ly", "t2m.io", "tiny.cc", "tinyurl.com", "tr.im", "trib.al", "u.to", "v.gd",
    "vk.cc", "x.co",
})  # fmt: skip

# Endings that a bare name counts as an address with. Short words (it, in, me, so) are left out: "over.it" is a typing
# error; with a path or a scheme every ending counts.
_ENDINGS: Final = (
    "com|net|org|info|biz|eu|ru|su|io|tv|cc|xyz|top|club|online|site|website|shop|store|space|live|vip|pro|app|dev|gg|"
    "click|icu|bet|win|uk|de|fr|nl|pl|pt|br|ua|ch|cn|ly|рф"
)
_SCHEME: Final = re.compile(r"(?:h(?:tt|xx)ps?|ftps?) ?[:;] ?[/\\]{1,4}|[/\\]{2,4}|(?<![\w.])www\.", re.IGNORECASE)
_NAME: Final = r"(?:[\w-]{1,63}+\.)+[\w-]{2,63}+"
_BARE: Final = re.compile(rf"(?<![\w@./-]){_NAME}(?![@\w-])")
_DOMAIN: Final = re.compile(r"(?:[\w-]{1,63}\.){0,10}[\w-]{1,63}")
_USUAL: Final = re.compile(rf"\.(?:{_ENDINGS})$")
_AUTHORITY: Final = re.compile(r"[^\s/\\?#<>\"'()\[\]]{1,300}")
_V6: Final = re.compile(r"\[[0-9a-f:.]{2,45}\]", re.IGNORECASE)
_REST: Final = re.compile(r"[^\s<>\"'\[\]()]{0,2000}")
# What stands between an address in markup and the words to click on, when those are an address too.
_LABEL_AFTER: Final = re.compile(r"[\"']?[^<>\[\]]{0,100}>\s{0,2}|\]")
_LABEL_BEFORE: Final = "]("
_WRITTEN_DOT: Final = re.compile(
    r"[ \t]{0,3}[\[({<][ \t]{0,2}(?:dot|punkt|point|ponto|punto|точка|\.)[ \t]{0,2}[\])}>][ \t]{0,3}"
    rf"|(?<=[^\W_])[ \t]{{1,3}}dot[ \t]{{1,3}}(?=(?:{_ENDINGS})(?![\w-]))",
    re.IGNORECASE,
)
_DOTS: Final = str.maketrans("。．｡․", "....")
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]{1,8}|[0-9]{1,10})(?:\.(?:0x[0-9a-f]{1,8}|[0-9]{1,10})){0,3}", re.IGNORECASE)
_LOOKS: Final = str.maketrans("0135iıłø", "oleslllo")
_HOST: Final = re.compile(r"[\w.-]+")
_LONGEST_MARKUP: Final = 110
_MOST_LABELS: Final = 8
# Without any of these, and without a dot before a letter, there is no address.
_SIGNS: Final = ("//", "dot", "(.", "[.", "{.", "<.", "(p", "[p", "{p", "(точка", "[точка")
_DOT_INSIDE: Final = re.compile(r"\.\w")


class _Found(NamedTuple):
    """A host, where its address begins and ends, and whether the one before is its label or the reverse."""

    host: str
    start: int
    end: int
    is_joined: bool = False


class _Lists(NamedTuple):
    trusted: frozenset[str]
    blocked: frozenset[str]
    suspect: frozenset[str]


def find_links(
    text: str,
    *,
    author_url: str | None = None,
    trusted: tuple[str, ...] = (),
    blocked: tuple[str, ...] = (),
    suspect: tuple[str, ...] = (),
) -> Links:
    """Return what there is to say about the links of a text.

    Args:
        author_url: the author's own address, which is looked for in `blocked` and `suspect` alone.
        trusted: domains whose links neither count nor raise doubts; subdomains are meant, here and below.
        blocked, suspect: domains to be named when there is a link to one.
    """
    own = host_of(author_url) if author_url and (blocked or suspect) else None
    if not own and not _may_have_links(text):
        return NO_LINKS  # Nearly every comment.
    lists = _Lists(_domains(trusted), _domains(blocked), _domains(suspect))
    found = list(_addresses(text, lists.blocked | lists.suspect))
    untrusted = [one for one in found if not is_of(one.host, lists.trusted)]
    hosts = [one.host for one in untrusted] + ([own] if own else [])
    doubtful, doubt = _first_doubt(found, lists)
    return Links(
        count=len(untrusted)
        - sum(one.is_joined and _is_one_site(before, one.host) for before, one in _pairs(untrusted)),
        blocked=next((host for host in hosts if is_of(host, lists.blocked)), None),
        suspect=next((host for host in hosts if is_of(host, lists.suspect)), None),
        doubtful=doubtful,
        doubt=doubt,
    )


def host_of(url: str) -> str | None:
    """Return the host that a browser would go to, as `canonical` writes it; None for what is no address."""
    prepared = _prepare(url.strip())
    start = match.end() if (match := re.match(r"[a-z][a-z0-9+.-]{0,20}:[/\\]{1,4}|//", prepared, re.IGNORECASE)) else 0
    return _host_at(prepared, start)


def canonical(host: str) -> str:
    """Return a host in lower case and Unicode, without the dot of the root: the same for all spellings of one name."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host.translate(_DOTS)).casefold())
    return ".".join(_decoded(label) for label in folded.strip(".").split("."))


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode")).casefold()
    except (UnicodeError, ValueError, OverflowError):
        return label


@lru_cache(maxsize=1_024)
def _domains(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(canonical(name) for name in names)


def is_of(host: str, domains: frozenset[str]) -> bool:
    """Return whether a host is one of the domains or below one."""
    return bool(domains) and any(name in domains for name in _names_above(host))


def _names_above(host: str) -> Iterator[str]:
    labels = host.split(".")[-_MOST_LABELS:]
    for first in range(len(labels)):
        yield ".".join(labels[first:])


def _may_have_links(text: str) -> bool:
    # A pattern that begins with one character is a search in C; with a choice of them it costs five times as much.
    if _DOT_INSIDE.search(text) is not None:
        return True
    if not text.isascii() and any(chr(dot) in text for dot in _DOTS):
        return True
    lowered = text.lower()
    return any(sign in lowered for sign in _SIGNS)


def _prepare(text: str) -> str:
    """Return a text with its dots as dots, and without what cannot be seen."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_DOTS))
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return _WRITTEN_DOT.sub(".", text)


def _addresses(text: str, listed: frozenset[str]) -> Iterator[_Found]:
    """Yield the addresses in the order of the text, but at most `MOST_LINKS`.

    Args:
        listed: domains that count as an address without a scheme, a path or a usual ending, too.
    """
    prepared = _prepare(text)
    matches = sorted((*_SCHEME.finditer(prepared), *_BARE.finditer(prepared)), key=lambda match: match.start())
    before: _Found | None = None
    count = 0
    for match in matches:
        if before is not None and match.start() < before.end:
            continue
        start = match.end() if match.re is _SCHEME and match[0].lower() != "www." else match.start()
        host = _host_at(prepared, start) if match.re is _SCHEME else _bare_host(prepared, match, listed)
        if host is None:
            continue
        rest = _REST.match(prepared, start)
        found = _Found(host, match.start(), max(rest.end() if rest else start, match.end()))
        before = found._replace(is_joined=before is not None and _is_label(prepared, before, found))
        yield before
        count += 1
        if count == MOST_LINKS:
            return


def _is_label(text: str, first: _Found, second: _Found) -> bool:
    """Return whether two addresses are one link in HTML, BBCode or Markdown: where it leads, and what it shows."""
    opened, between = text[max(first.start - 1, 0) : first.start], text[first.end : second.start]
    if opened == "[":
        return between == _LABEL_BEFORE
    return opened in ("=", '"', "'") and len(between) < _LONGEST_MARKUP and _LABEL_AFTER.fullmatch(between) is not None


def _bare_host(text: str, match: re.Match[str], listed: frozenset[str]) -> str | None:
    """Return the host of a bare name: one with a path, or a usual ending in small letters, or one of a list."""
    name = match[0]
    host = canonical(name)
    ending = host.rpartition(".")[2]
    after = text[match.end() : match.end() + 2]
    if not ending.isalpha():
        return None
    has_path = after[:1] == "/" and bool(after[1:].strip())
    return host if has_path or _USUAL.search(name) or is_of(host, listed) else None


def _host_at(text: str, start: int) -> str | None:
    if v6 := _V6.match(text, start):
        return v6[0].lower()
    match = _AUTHORITY.match(text, start)
    if match is None:
        return None
    # What stands before an @ is a name to sign in with: it only looks like the host.
    name = _HOST.match(unquote(match[0]).rpartition("@")[2])
    host = canonical(name[0]) if name else ""
    return host if "." in host or _NUMBER.fullmatch(host) else None


def _pairs(found: Sequence[_Found]) -> Iterator[tuple[str, _Found]]:
    """Yield each address with the host of the one before; with none for the first."""
    before = ""
    for one in found:
        yield before, one
        before = one.host


def _first_doubt(found: Sequence[_Found], lists: _Lists) -> tuple[str | None, Doubt | None]:
    for before, one in _pairs(found):
        if one.is_joined and not _is_one_site(before, one.host):
            return one.host, Doubt.MASKED
        if not is_of(one.host, lists.trusted) and (doubt := _doubt(one.host, lists)) is not None:
            return one.host, doubt
    return None, None


def _is_one_site(first: str, second: str) -> bool:
    return is_of(first, frozenset([second])) or is_of(second, frozenset([first]))


def _doubt(host: str, lists: _Lists) -> Doubt | None:
    if is_of(host, SHORTENERS):
        return Doubt.SHORTENED
    if _NUMBER.fullmatch(host) or host.startswith("["):
        return Doubt.NAMELESS
    known = lists.trusted | lists.blocked | lists.suspect
    is_listed = is_of(host, known)
    if not is_listed and (_pretends(host) or (known and _looks_like(host, known))):
        return Doubt.LOOK_ALIKE
    return None


def _pretends(host: str) -> bool:
    """Return whether a label mixes alphabets, or has only letters of another one that pass for Latin before .com."""
    if host.isascii():
        return False
    *labels, ending = host.split(".")
    return any(
        fold_word(label) != label or (ending.isascii() and label.isalpha() and LOOKS_LATIN.issuperset(label))
        for label in labels
    )


def _looks_like(host: str, known: frozenset[str]) -> bool:
    """Return whether a host looks like a known one at a glance, or begins with its whole name."""
    labels = host.split(".")[:_MOST_LABELS]
    starts = (".".join(labels[first:last]) for first in range(len(labels)) for last in range(first + 2, len(labels)))
    return is_of(_skeleton(host), _skeletons(known)) or any(name in known for name in starts)


def _skeleton(host: str) -> str:
    """Return what a host looks like at a glance: equal for paypal.com, paypaI.com, рауpal.com and pàypa1.com."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", host) if not unicodedata.combining(letter))
    return plain.translate(TO_LATIN).translate(_LOOKS).replace("rn", "m").replace("vv", "w")


@lru_cache(maxsize=1_024)
def _skeletons(domains: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_skeleton, domains))


def check_domains(name: str, domains: Sequence[str]) -> list[Fault]:
    """Return what is wrong with a list of domains that somebody wants to save.

    Args:
        name: of the list, as in `blocked_domains`.
    """
    if len(domains) > MOST_DOMAINS:
        return [Fault(pointer=f"/{name}", detail=f"at most {MOST_DOMAINS}, not {len(domains)}")]
    return [
        Fault(
            pointer=f"/{name}/{place}",
            detail=f"{domain!r} is not a domain such as example.eu; leave out scheme and path",
        )
        for place, domain in enumerate(domains)
        if not _DOMAIN.fullmatch(canonical(domain))
    ]
