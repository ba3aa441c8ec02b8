"""Texts of our own that every version must score as its manifest says, before it is used."""

from typing import Final

TEXTS: Final = (
    "Thank you for this clear report; I had not thought of the gas contracts.",
    "I disagree with the minister, and here is why: the figures are from 2019.",
    "You are a complete idiot and everybody here knows it.",
    "People like you should be shot.",
    "Cheap watches and pills, 70% off today only!!! http://deals.example/win click now",
    "Y0u st\u00fcpid m0r0n, go b4ck to your h\u200bole",
    "Was f\u00fcr ein Unsinn, du Vollidiot.",
    "Это хорошая статья, спасибо.",
    "Cet article oublie l'essentiel : le vote du Parlement.",
    "Que coment\u00e1rio idiota, cala a boca.",
    "\U0001f600\U0001f44d",
    "",
    "word " * 900 + "you idiot",
)

# Those among them that must be held; the others must not.
HARMFUL: Final = frozenset(TEXTS[place] for place in (2, 3, 4, 5, 6, 9, 12))
# The language of those that must not be held, where they are in one.
LANGUAGES: Final = {TEXTS[place]: lang for place, lang in ((0, "en"), (1, "en"), (7, "ru"), (8, "fr"))}
