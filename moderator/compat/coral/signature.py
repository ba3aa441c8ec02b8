"""Which site is asking: the one whose secret made one of the signatures over the raw body."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from moderator.domain.comments import Site
from moderator.domain.errors import NotSignedIn

# While a secret is replaced Coral signs with the old one, too; nobody replaces ten at once.
MOST_SIGNATURES: Final = 10
_SIGNATURE: Final = re.compile(r"\s*sha256=([0-9a-f]{64})\s*")


def find_site(sites: Iterable[Site], body: bytes, headers: Iterable[str]) -> Site:
    """Return the first site with a secret that one of the signatures was made with.

    The body is hashed once for each secret of every site, and each hash compared with ten signatures at most.

    Args:
        headers: the values of X-Coral-Signature, each with one or more signatures.

    Raises:
        NotSignedIn: no signature, or none that a site's secret makes.
    """
    given = _signatures(headers)
    if not given:
        raise NotSignedIn("X-Coral-Signature is missing, or is not sha256=<hex>.")
    for site in sites:
        for secret in site.settings.phase_secrets:
            expected = sign(secret, body)
            if any(hmac.compare_digest(expected, one) for one in given):
                return site
    raise NotSignedIn("No site has a secret that makes this signature.")


def sign(secret: str, body: bytes) -> str:
    """Return the hex HMAC-SHA-256 of a body, as Coral makes it: the key is the secret's whole text, prefix and all."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), body, hashlib.sha256).hexdigest()


def _signatures(headers: Iterable[str]) -> list[str]:
    """Return the first signatures of a header; what is not `sha256=<hex>` is passed over."""
    parts = [part for header in headers for part in header.split(",", MOST_SIGNATURES)[:MOST_SIGNATURES]]
    return [found[1] for part in parts[:MOST_SIGNATURES] if (found := _SIGNATURE.fullmatch(part))]
