"""Text to signature: what finds the near-duplicates of a comment. Which are held, the policy says.

Two MinHash sketches (Broder, 1997) of the normalised text, so that case, punctuation, disguised letters and links do
not count: one of its words and pairs of words, which says how alike two texts are, and three values of one of its
triples of words, by which the index finds what is worth comparing (docs/decisions/0012 has the measurements).
"""

import hashlib
import re
from functools import lru_cache
from operator import add
from struct import Struct
from typing import Final

from rensa import RMinHash

from moderator.classifier.normalise import normalise
from moderator.domain.campaigns import Signature
from moderator.domain.ids import SiteId

# Shorter texts repeat by themselves: "Thanks!", "Well said.", "I could not agree more with you."
SHORTEST_CHARACTERS: Final = 40
FEWEST_WORDS: Final = 6
PLACES: Final = 64
ALGORITHM: Final = RMinHash.ALGORITHM_VERSION
_KEYS: Final = 3
_LITTLE_ENDIAN: Final = Struct(f"<{PLACES}I")
_SEED: Final = 1
# Thai, Lao, Burmese, Khmer, kana and Han: written without spaces, each character counts as a word.
_UNSPACED: Final = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
_PLACEHOLDERS: Final = frozenset({"xxurl", "xxemail", "xxuser", "xxphone"})


def sign(text: str, site_id: SiteId) -> Signature | None:
    """Return what is kept of a text; None for one too short to tell. Signatures of two sites share no key."""
    if len(text) < SHORTEST_CHARACTERS:
        return None
    words = _words(normalise(text))
    if len(set(words)) < FEWEST_WORDS:
        return None
    pairs = list(map(add, words, words[1:]))
    like, near = RMinHash(PLACES, _SEED), RMinHash(_KEYS, _SEED)
    like.update(words)
    like.update(pairs)
    near.update(list(map(add, pairs, words[2:])))
    salt = _salt(site_id)
    first, second, third = near.digest()
    # The lowest byte of each place: two texts agree there by chance once in 256 times, and a sketch has 64 bytes.
    return Signature(
        keys=(salt | first, salt | second, salt | third), sketch=_LITTLE_ENDIAN.pack(*like.digest())[::4].hex()
    )


def _words(plain: str) -> list[str]:
    if not plain.isascii():
        plain = _UNSPACED.sub(r" \g<0> ", plain)
    words = plain.split()
    return [word for word in words if word not in _PLACEHOLDERS] if "xx" in plain else words


@lru_cache(maxsize=1_024)
def _salt(site_id: SiteId) -> int:
    """Return 31 bits above the 32 of a value. Versions of the algorithm give other values and must not meet, either."""
    digest = hashlib.sha256(f"{ALGORITHM} {site_id}".encode()).digest()
    return (int.from_bytes(digest[:4], "big") >> 1) << 32
