"""Finds a site's phrases and patterns in a text, as it is written and in disguise. What follows, the policy says.

Phrases are literal whole words. Patterns are RE2: linear time whatever pattern meets whatever text; the library is
loaded when the first site has one. Both are also looked for in the normalised text, where letters stand for digits,
look-alikes and what was spelled apart. There a hit counts only if the author's own spelling differs by more than
accents and punctuation: "höra" is no disguise of "hora", and "die. Jews" is two sentences.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Final

from moderator.classifier.align import Aligned, align
from moderator.classifier.normalise import normalise
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.findings import FoundPhrase

MOST_PATTERNS: Final = 100  # In one list.
LONGEST_PATTERN: Final = 500
MOST_PHRASES: Final = 2_000
LONGEST_PHRASE: Final = 200
# RE2's own limit for one pattern: its program and the states that it keeps between texts.
PATTERN_BYTES: Final = 1 << 19
# Where its states do not fit, RE2 walks through the program for each character: this bounds that walk.
LARGEST_PROGRAM: Final = 2_000
_ALL_BYTES: Final = 1 << 20
_MOST_HITS: Final = 50
_SHORTEST_DISGUISED: Final = 3

_BESIDE_SPACE: Final = re.compile(r"(?<![^\s])[^\w\s]+|[^\w\s]+(?![^\s])")
_JOINTS: Final = re.compile(r"['’-]")

# RE2 has no types: a compiled pattern, which searches bytes.
_Compiled = Any


class Forms:
    """The ways in which one text is read; each is made when somebody asks for it."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def written(self) -> str:
        """The text without regard to case, white space and how accents are encoded."""
        return _written(self.text)

    @cached_property
    def plain(self) -> str:
        """The text as the model reads it."""
        return normalise(self.text)

    @cached_property
    def text_bytes(self) -> bytes:
        """The text for RE2, which knows no lone surrogates."""
        return self.text.encode("utf-8", "replace")

    @cached_property
    def plain_bytes(self) -> bytes:
        """The plain text for RE2."""
        return self.plain.encode("utf-8", "replace")

    @cached_property
    def _aligned(self) -> Aligned | None:
        return align(self.text)

    def is_disguised(self, start: int, end: int) -> bool:
        """Return whether the author wrote a stretch of the plain text otherwise than with accents and punctuation."""
        if self._aligned is None:
            return True
        first, last = self._aligned.origins[start], self._aligned.origins[end - 1]
        return _bare(self.text[first.start : last.end]) != self.plain[start:end]


class Matcher:
    """One list of phrases and one of patterns, ready to be looked for."""

    def __init__(self, phrases: Sequence[str], patterns: Sequence[str]) -> None:
        self._literal = _alternation([_written(phrase) for phrase in phrases])
        self._names = {plain: phrase for phrase in phrases if (plain := _plain_phrase(phrase)) is not None}
        self._plain = _alternation(list(self._names))
        self._patterns = [(pattern, compile_pattern(pattern)) for pattern in patterns]
        self._any = _compile_any(patterns)

    def find(self, forms: Forms) -> FoundPhrase | None:
        """Return the first that stands in a text, as written before disguised; None without a hit."""
        if self._literal is not None and (match := self._literal.search(forms.written)) is not None:
            return FoundPhrase(words=match.group())
        if (pattern := next(self._matching(forms.text_bytes), None) if self._patterns else None) is not None:
            return FoundPhrase(words=pattern[0], is_pattern=True)
        return self._find_disguised(forms)

    def _find_disguised(self, forms: Forms) -> FoundPhrase | None:
        if self._plain is not None:
            for match in islice(self._plain.finditer(forms.plain), _MOST_HITS):
                if forms.is_disguised(*match.span()):
                    return FoundPhrase(words=self._names[match.group()], is_disguised=True)
        if self._patterns:
            found = forms.plain_bytes
            for words, compiled in self._matching(found):
                for hit in islice(compiled.finditer(found), _MOST_HITS):
                    start, end = (len(found[:place].decode("utf-8", "ignore")) for place in hit.span())
                    if start < end and forms.is_disguised(start, end):
                        return FoundPhrase(words=words, is_pattern=True, is_disguised=True)
        return None

    def _matching(self, text: bytes) -> Iterator[tuple[str, _Compiled]]:
        if self._any is None or self._any.search(text) is not None:
            yield from ((words, compiled) for words, compiled in self._patterns if compiled.search(text) is not None)


@lru_cache(maxsize=256)
def matcher(phrases: tuple[str, ...], patterns: tuple[str, ...]) -> Matcher | None:
    """Return the matcher of a site's lists, made once; None when both are empty."""
    return Matcher(phrases, patterns) if phrases or patterns else None


def check_lists(name: str, phrases: Sequence[str], patterns: Sequence[str]) -> list[Fault]:
    """Return what is wrong with the phrases and patterns of a policy that somebody wants to save.

    Args:
        name: of the lists, as in `banned_phrases` and `banned_patterns`.
    """
    faults = []
    if len(phrases) > MOST_PHRASES:
        faults.append(Fault(pointer=f"/{name}_phrases", detail=f"at most {MOST_PHRASES}, not {len(phrases)}"))
    faults += [
        Fault(pointer=f"/{name}_phrases/{place}", detail=f"at most {LONGEST_PHRASE} characters")
        for place, phrase in enumerate(phrases)
        if len(phrase) > LONGEST_PHRASE
    ]
    if len(patterns) > MOST_PATTERNS:
        faults.append(Fault(pointer=f"/{name}_patterns", detail=f"at most {MOST_PATTERNS}, not {len(patterns)}"))
        return faults
    for place, pattern in enumerate(patterns):
        try:
            compile_pattern(pattern)
        except InvalidInput as error:
            faults += [Fault(pointer=f"/{name}_patterns/{place}", detail=fault.detail) for fault in error.faults]
    return faults


def compile_pattern(pattern: str) -> _Compiled:
    """Return a compiled pattern. Raises InvalidInput with RE2's own words, or for one that would match every text."""
    if len(pattern) > LONGEST_PATTERN:
        raise _refused(f"at most {LONGEST_PATTERN} characters, not {len(pattern)}")
    import re2

    try:
        compiled = re2.compile(pattern.encode(), _options(PATTERN_BYTES))
    except (re2.error, UnicodeEncodeError) as error:
        raise _refused(f"not an RE2 pattern: {_words_of(error)}") from error
    if compiled.programsize > LARGEST_PROGRAM:
        raise _refused(f"{compiled.programsize} steps long when compiled; at most {LARGEST_PROGRAM}")
    if compiled.search(b"") is not None or ((hit := compiled.search(b"a")) is not None and not hit.group()):
        raise _refused("matches nothing at all, and so every text")
    return compiled


def _compile_any(patterns: Sequence[str]) -> _Compiled | None:
    """Return one pattern for all of them, so that most texts are walked through once; None where it grows too large."""
    if not patterns:
        return None
    import re2

    try:
        return re2.compile("|".join(f"(?:{pattern})" for pattern in patterns).encode(), _options(_ALL_BYTES))
    except re2.error:
        return None


def _options(max_bytes: int) -> Any:
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = max_bytes
    return options


def _refused(detail: str) -> InvalidInput:
    return InvalidInput(Fault(pointer="", detail=detail))


def _words_of(error: Exception) -> str:
    words = error.args[0] if error.args else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(error)


def _alternation(phrases: Sequence[str]) -> re.Pattern[str] | None:
    """Return one alternation of literal phrases: nothing in it can backtrack for long."""
    if not phrases:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})(?!\w)")


def _written(text: str) -> str:
    folded = text.casefold()
    return " ".join((folded if folded.isascii() else unicodedata.normalize("NFC", folded)).split())


def _bare(text: str) -> str:
    """Return a text without case, accents and the punctuation beside spaces: what nobody does to hide a word.

    Only accents that are one character with their letter go: marks that stand by themselves strike words through.
    """
    letters = unicodedata.normalize("NFC", text.casefold())
    if not letters.isascii():
        letters = "".join(unicodedata.normalize("NFD", letter)[:1] for letter in letters)
    return " ".join(_BESIDE_SPACE.sub(" ", letters).split())


def _plain_phrase(phrase: str) -> str | None:
    """Return a phrase as it stands in normalised texts; None where that would be another phrase.

    Digits and symbols go, and "xxx" becomes "xx" there: such phrases are looked for as they are written alone.
    """
    plain = normalise(phrase)
    kept = " ".join(_JOINTS.sub(" ", _bare(phrase)).split())
    is_words = plain.replace(" ", "").isalpha() and len(plain) >= _SHORTEST_DISGUISED
    return plain if is_words and plain == kept else None
