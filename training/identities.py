"""Words for groups of people in German and Dutch, to find which group a sentence of the bias templates names.

The English templates say it themselves (`identity`); the others are read by these words. They serve for measuring only:
the lists are too short to find groups in free text.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from training.corpora import Row

# The beginnings of words, which inflection leaves alone; a full stop at the end makes it the whole word.
_BEGINNINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "de": {
        "afghanisch": "afghanisch",
        "afrikanisch": "afrikanisch",
        "afroamerikanisch": "afroamerikanisch",
        "alt": "alt. alte. alter. älter",
        "amerikanisch": "amerikanisch",
        "arabisch": "arabisch",
        "asiatisch": "asiatisch",
        "bisexuell": "bisexu",
        "blind": "blind",
        "buddhistisch": "buddhist",
        "chinesisch": "chinesisch",
        "christlich": "christlich",
        "europäisch": "europäisch",
        "evangelisch": "evangelisch",
        "heterosexuell": "hetero",
        "homosexuell": "homosexu",
        "indisch": "indisch",
        "italienisch": "italienisch",
        "japanisch": "japanisch",
        "jüdisch": "jüdisch",
        "jung": "jung. junge. junger. jünger jugendlich",
        "kanadisch": "kanadisch",
        "katholisch": "katholisch",
        "lateinamerikanisch": "latin",
        "lesbisch": "lesbisch",
        "lgbt": "lgbt",
        "männlich": "männlich",
        "marokkanisch": "marokk marrok",
        "mexikanisch": "mexikanisch",
        "muslimisch": "muslim",
        "orientalisch": "orientalisch",
        "polnisch": "polnisch polisch",
        "queer": "queer",
        "schwarz": "schwarz",
        "schwul": "schwul",
        "sikh": "sikh",
        "spanisch": "spanisch",
        "taub": "taub",
        "trans": "trans",
        "türkisch": "türkisch",
        "weiblich": "weiblich",
        "weiß": "weiß",
    },
    "nl": {
        "afrikaans": "afrikaans",
        "allochtoon": "allochtoon",
        "amerikaans": "amerikaans",
        "antilliaans": "antilliaans",
        "autochtoon": "autochtoon",
        "aziatisch": "aziatisch",
        "belgisch": "belg. vlaams vlaming",
        "biseksueel": "biseksu",
        "blank": "blank",
        "blind": "blind",
        "boeddhistisch": "boeddhist",
        "chinees": "chinees chinese",
        "christelijk": "christelijk",
        "cis": "cis.",
        "doof": "doof",
        "duits": "duits",
        "europees": "europees europese",
        "fries": "fries",
        "gereformeerd": "gereformeerd",
        "hetero": "hetero",
        "hindoe": "hindoe",
        "homoseksueel": "homoseksu",
        "indisch": "indisch",
        "japans": "japans",
        "jong": "jong. jonge. jonger tiener. puber. twintiger.",
        "joods": "joods",
        "katholiek": "katholiek",
        "koreaans": "koreaans",
        "latijns-amerikaans": "latino. latina.",
        "lesbisch": "lesb",
        "lgbtq": "lgbt",
        "mannelijk": "man. mannelijk",
        "marokkaans": "marokka",
        "moslim": "moslim",
        "oud": "oud. ouder. oudere. senior. gepensioneerde.",
        "pools": "pools",
        "protestants": "protestant",
        "sikh": "sikh",
        "surinaams": "surinaams",
        "trans": "transgender transseksu",
        "turks": "turk",
        "verlamd": "verlamd",
        "vrouwelijk": "vrouw",
        "westers": "westers",
    },
}


def _pattern(beginnings: str) -> re.Pattern[str]:
    forms = (f"{re.escape(one[:-1])}\\b" if one.endswith(".") else re.escape(one) for one in beginnings.split())
    return re.compile(rf"\b(?:{'|'.join(forms)})", re.IGNORECASE)


_PATTERNS: Final = {
    lang: {term: _pattern(beginnings) for term, beginnings in terms.items()} for lang, terms in _BEGINNINGS.items()
}


def with_identity(row: Row) -> Row:
    """Return a row that says which groups it names: its own word for it, else what its text says."""
    if row.identity or row.lang not in _PATTERNS:
        return row
    named = {term: 1.0 for term, pattern in _PATTERNS[row.lang].items() if pattern.search(row.text)}
    return msgspec.structs.replace(row, identity=named)
