"""What the machine and the rules said, in the language of the page.

Reasons are stored as the English sentences that the policy made, because the API speaks English. Here stand the same
sentences as templates: each one recognises its own, and fills the values into its translation. What none recognises,
from an older version perhaps, is shown as it is and marked as English.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from babel.lists import format_list
from babel.numbers import get_decimal_symbol
from markupsafe import Markup, escape

from moderator.console import words
from moderator.console.language import gettext, locale, marked, ngettext, spoken
from moderator.domain.campaigns import MOST_COUNTED, Campaign, describe
from moderator.domain.policy import Reason, Rule

_HOLE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Form:
    """A sentence with holes, the name of the catalogue for all that differ in these alone."""

    message: str

    def values(self, sentence: str) -> Mapping[str, str] | None:
        """Return what stands in the holes; None when the sentence is another one."""
        written = "".join(
            f"(?P<{part}>.+)" if number % 2 else re.escape(part)
            for number, part in enumerate(_HOLE.split(self.message))
        )
        match = re.fullmatch(written, sentence, re.DOTALL)
        return match.groupdict() if match else None


def _figures(text: str) -> str:
    """Return a number with the decimal sign of the page's language."""
    return text.replace(".", get_decimal_symbol(locale()))


KINDS: Final = (
    marked("an e-mail address"),
    marked("a phone number"),
    marked("a bank account number"),
    marked("a payment card number"),
    marked("a national identity number"),
)


def _kinds(text: str) -> str:
    found = [gettext(one) for one in re.split(", | and ", text)]
    return format_list(found, locale=locale())


def _window(text: str) -> str:
    """Return how long a window is; English and German say `a day`, not `1 day`."""
    number, _, unit = text.partition(" ")
    if unit.startswith("day"):
        return gettext("%(days)s days") % {"days": number} if number.isdigit() else gettext("a day")
    return gettext("%(hours)s hours") % {"hours": number} if number.isdigit() else gettext("an hour")


def _authors(text: str) -> str:
    return ngettext("%(authors)s author", "%(authors)s authors", _least(text)) % {"authors": _counted(text)}


def _articles(text: str) -> str:
    return ngettext("%(articles)s article", "%(articles)s articles", _least(text)) % {"articles": _counted(text)}


def _least(text: str) -> int:
    return int(text.partition(" ")[0])


def _counted(text: str) -> str:
    return words.count(MOST_COUNTED if "or more" in text else _least(text))


# How the values are written; the others are a reader's or a site's own words.
_WRITTEN: Final[Mapping[str, Callable[[str], str]]] = {
    "label": words.words,
    "score": _figures,
    "limit": _figures,
    "seconds": _figures,
    "least": _figures,
    "kinds": _kinds,
    "alike": _counted,
    "window": _window,
    "by": _authors,
    "under": _articles,
}

CAMPAIGNS: Final = tuple(
    Form(message)
    for message in (
        marked("One of %(alike)s alike within %(window)s, by %(by)s under %(under)s"),
        marked("One of %(alike)s alike within %(window)s, by %(by)s"),
        marked("One of %(alike)s alike within %(window)s, under %(under)s"),
        marked("One of %(alike)s alike within %(window)s"),
    )
)
FORMS: Final[Mapping[Rule, Sequence[Form]]] = {
    rule: tuple(map(Form, messages))
    for rule, messages in {
        Rule.SCORE: (
            marked("%(label)s scored %(score)s; from %(limit)s on a comment is held."),
            marked("%(label)s scored %(score)s; from %(limit)s on a comment is rejected."),
        ),
        Rule.SIGNAL: (
            marked("The text hides its words: mixed alphabets, unseen characters, moved letters, missing spaces."),
            marked("The model knows too little of this text to vouch for it."),
            marked("One passage of the text scores far higher than the whole: what stands around it may hide it."),
            marked("The text is in a language that the model was not trained on."),
        ),
        Rule.UNSCORED: (marked("No model could score this text."),),
        Rule.RATE: (marked("%(comments)s comments by this author within a minute; %(limit)s may be published."),),
        Rule.LINKS: (marked("The text has %(links)s links; this site publishes at most %(limit)s unseen."),),
        Rule.BLOCKED_DOMAIN: (marked("There is a link to %(host)s, which this site blocks."),),
        Rule.SUSPECT_LINK: (
            marked("There is a link to %(host)s, which this site suspects."),
            marked("The link to %(host)s does not show where it leads."),
            marked("The link to %(host)s looks like one to another address."),
            marked("The link to %(host)s leads to a number, not to a name."),
            marked("The link to %(host)s shows another address than it leads to."),
        ),
        Rule.BANNED_PHRASE: (
            marked("The text contains “%(words)s”, a banned phrase."),
            marked("The text contains “%(words)s” in disguise, a banned phrase."),
            marked("The text matches “%(words)s”, a banned pattern."),
            marked("The text matches “%(words)s” in disguise, a banned pattern."),
        ),
        Rule.SUSPECT_PHRASE: (
            marked("The text contains “%(words)s”, a suspect phrase."),
            marked("The text contains “%(words)s” in disguise, a suspect phrase."),
            marked("The text matches “%(words)s”, a suspect pattern."),
            marked("The text matches “%(words)s” in disguise, a suspect pattern."),
        ),
        Rule.DUPLICATE: (marked("The same text was posted %(times)s times within a day."),),
        Rule.NEWCOMER: (marked("The author has %(approved)s approved comments; the first %(first)s are reviewed."),),
        Rule.PERSONAL_DATA: (marked("The text contains %(kinds)s."),),
        Rule.HONEYPOT: (marked("A field of the form that people do not see was filled in."),),
        Rule.TOO_FAST: (marked("The form was sent after %(seconds)s seconds; people take %(least)s or more."),),
        Rule.HOLD_ALL: (marked("This site reviews every comment."),),
        Rule.DRIFT: (marked("The numbers have moved: until somebody has looked, people decide."),),
        Rule.UNCERTIFIED: (marked("This site rejects nothing unseen before audits have certified rejections."),),
    }.items()
}


def translated(sentence: str, forms: Sequence[Form]) -> str | None:
    """Return a sentence in the page's language; None when no form recognises it."""
    for form in forms:
        values = form.values(sentence)
        if values is not None:
            filled = {name: _WRITTEN.get(name, str)(value) for name, value in values.items()}
            return gettext(form.message) % filled
    return None


def reason_in_words(reason: Reason) -> str | None:
    """Return a reason's sentence in the page's language; None when it is not known there."""
    if spoken() == "en":
        return (
            reason.detail if reason.label is None else reason.detail.replace(reason.label, words.words(reason.label), 1)
        )
    if reason.code is Rule.CAMPAIGN:
        found = translated(reason.detail.removesuffix("."), CAMPAIGNS)
        return None if found is None else f"{found}."
    return translated(reason.detail, FORMS.get(reason.code, ()))


def said(reason: Reason) -> Markup:
    """Return a reason's sentence for a page, marked as English where that is all there is."""
    found = reason_in_words(reason)
    return Markup('<span lang="en">{}</span>').format(reason.detail) if found is None else escape(found)


def brief(reason: Reason) -> str:
    """Return a reason in a few words; of a signal, which could be any of several, what it says."""
    if reason.label is not None and reason.score is not None:
        return f"{words.words(reason.label)} {words.percent(reason.score)}"
    if reason.code is Rule.SIGNAL:
        return (reason_in_words(reason) or reason.detail).removesuffix(".")
    return words.words(reason.code)


def campaign_size(campaign: Campaign, hours: int) -> str:
    """Return in words how large a campaign is."""
    english = describe(campaign, hours)
    return english if spoken() == "en" else translated(english, CAMPAIGNS) or english
