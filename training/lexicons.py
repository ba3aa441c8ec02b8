"""Lists of coarse words as weak examples, for languages that labelled comments hardly speak.

Each word of a list is a comment of one word, at a low weight. A list is a JSON file with `words`: language → words, or
language → word → 0 (unlikely), 1 (maybe) or 2 (likely) to be meant coarsely.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from moderator.domain.scoring import Label
from training.corpora import BadData, Row

FOLDER: Final = "lexicons"
SOURCE: Final = "lexicon"
SHARES: Final = {1: 0.6, 2: 0.9}  # Of a word's sureness. Words that are seldom meant coarsely teach nothing.
WITHOUT: Final = frozenset({"pt", "pt-pt"})  # Labelled comments say more: told_br loses .009 with these lists.


class _List(msgspec.Struct):
    words: dict[str, list[str] | dict[str, int]]


def files(data: Path) -> list[Path]:
    """Return the lists beside the labelled files, by name; there may be none."""
    return sorted((data / FOLDER).glob("*.json"))


def read(path: Path) -> Iterator[Row]:
    """Yield the words of a list as training rows.

    Raises:
        BadData: the file is no such list.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_List)
    except msgspec.MsgspecError as error:
        raise BadData(f"{path.name}: {error}.") from error
    for lang, words in found.words.items():
        if lang in WITHOUT:
            continue
        rated = words if isinstance(words, dict) else dict.fromkeys(words, max(SHARES))
        for word, sureness in rated.items():
            if sureness in SHARES:
                yield Row(
                    id=f"{SOURCE}:{path.stem}:{lang}:{word}",
                    source=SOURCE,
                    lang=lang,
                    domain="synthetic",
                    text=word,
                    split="train",
                    labels={Label.TOXIC.value: SHARES[sureness]},
                )
