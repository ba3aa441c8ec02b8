"""The catalogues are whole, numbers and times follow the language, and what the machine said is said in German."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.requests import Request

from moderator.console import complaints, language, said, words
from moderator.console.language import CATALOGUES, LANGUAGES, choose, speak
from moderator.console.words import NAMES
from moderator.domain import comments, people, review, scoring
from moderator.domain import policy as policies
from moderator.domain.campaigns import Campaign, describe
from moderator.domain.findings import Doubt, Form, FoundPhrase, Links
from moderator.domain.ids import CommentId
from moderator.domain.judging import judge
from moderator.domain.policy import Action, Facts, Policy, Reason, Rule
from moderator.domain.scoring import Label, PersonalData, Scored, Signal, Threshold
from tests.builders import a_comment

ROOT = Path(__file__).parents[2]
OTHERS = sorted(set(LANGUAGES) - {"en"})
_HOLES = re.compile(r"%\(\w+\)s")
_TAGS = re.compile(r"</?[a-z]+")
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english_after() -> Iterator[None]:
    speak("en")
    yield
    speak("en")


@cache
def texts() -> dict[str, tuple[str, ...]]:
    """Return what `make texts` finds in the code: the forms of each text by its first."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None}
    found = {}
    for one in mappings:
        options = {one["pattern"]: {name: value for name, value in one.items() if name not in ("method", "pattern")}}
        for *_, message, _, _ in extract_from_dir(
            ROOT / "moderator" / "console",
            [(one["pattern"].removeprefix("moderator/console/"), one["method"])],
            {pattern.removeprefix("moderator/console/"): values for pattern, values in options.items()},
            keywords,  # type: ignore[arg-type]
        ):
            forms = message if isinstance(message, tuple) else (message,)
            found[forms[0]] = max(forms, found.get(forms[0], ()), key=len)  # One text alone, and with its plural.
    return found


def _catalogue(name: str) -> Catalog:
    with (CATALOGUES / f"{name}.po").open("rb") as file:
        return read_po(file, locale=name)


@pytest.mark.parametrize("name", OTHERS)
def test_every_text_is_translated(name: str) -> None:
    catalogue = _catalogue(name)
    missing = []
    for key, forms in texts().items():
        message = catalogue.get(key)
        given = (message.string if isinstance(message.string, tuple) else (message.string,)) if message else ()
        wanted = catalogue.num_plurals if len(forms) > 1 else 1
        if message is None or message.fuzzy or len(given) != wanted or not all(given):
            missing.append(key)
    assert len(texts()) > 300  # The extraction itself found something.
    assert missing == [], f"{CATALOGUES.name}/{name}.po lacks these; run make texts and translate them"


@pytest.mark.parametrize("name", OTHERS)
def test_translations_have_the_same_holes_and_the_same_elements(name: str) -> None:
    catalogue = _catalogue(name)
    wrong = []
    for key, forms in texts().items():
        message = catalogue.get(key)
        given: Sequence[str] = (
            (message.string if isinstance(message.string, tuple) else (message.string,)) if message else ()
        )
        holes = {hole for form in forms for hole in _HOLES.findall(form)}
        for place, text in enumerate(given):
            is_many = len(forms) == 1 or place == len(given) - 1
            own = set(_HOLES.findall(text))  # One of something may be said without its number.
            same_holes = own == holes if is_many else own <= holes
            bare = _HOLES.sub("", text)
            if not same_holes or sorted(_TAGS.findall(text)) != sorted(_TAGS.findall(forms[-1])):
                wrong.append((key, text))
            if ("%" in bare) != ("%" in _HOLES.sub("", forms[-1])):
                wrong.append((key, text))
    assert wrong == []


@pytest.mark.parametrize(
    ("header", "cookie", "spoken"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("en-GB,de;q=0.5", "", "en"),
        ("fr,ja", "", "en"),
        ("", "", "en"),
        ("de;q=rubbish, en", "", "en"),
        ("en", "de", "de"),
        ("de", "xx", "de"),
    ],
)
def test_a_page_speaks_what_the_browser_asks_for(header: str, cookie: str, spoken: str) -> None:
    headers = [(b"accept-language", header.encode()), (b"cookie", f"moderator-language={cookie}".encode())]
    assert choose(Request({"type": "http", "headers": headers})) == spoken


def _all_words() -> dict[str, str]:
    return {
        "percent": words.percent(0.434),
        "least": words.percent(0.001),
        "most": words.percent(0.999),
        "share": words.share(0.1234),
        "number": words.number(12345),
        "signed": words.signed(-3210),
        "up": words.signed(0.0123),
        "figure": words.figure(0.0044),
        "decimal": words.decimal(0.9),
        "clock": words.clock(NOON),
        "day": words.day(NOON),
        "under": words.span_of(timedelta(seconds=59)),
        "minutes": words.span_of(timedelta(minutes=12)),
        "hours": words.span_of(timedelta(hours=3)),
        "days": words.span_of(timedelta(days=5)),
        "now": words.ago(timedelta(seconds=5)),
        "before": words.ago(timedelta(minutes=12)),
        "hours before": words.ago(timedelta(hours=47)),
        "days before": words.ago(timedelta(days=1234)),
        "many": words.count(100),
        "few": words.count(99),
        "code": words.words("identity_attack"),
        "unknown": words.words("hard_negatives"),
    }


def test_english_numbers_and_times() -> None:
    assert _all_words() == {
        "percent": "43 %",
        "least": "<1 %",
        "most": ">99 %",
        "share": "12.3 %",
        "number": "12,345",
        "signed": "−3,210",
        "up": "+0.012",
        "figure": "0.0044",
        "decimal": "0.900",
        "clock": "23 Nov 2026, 12:05 UTC",
        "day": "Monday, 23 November 2026",
        "under": "under a minute",
        "minutes": "12 min",
        "hours": "3 h",
        "days": "5 days",
        "now": "under a minute ago",
        "before": "12 min ago",
        "hours before": "47 h ago",
        "days before": "1,234 days ago",
        "many": "100 or more",
        "few": "99",
        "code": "identity attack",
        "unknown": "hard negatives",
    }


def test_german_numbers_and_times() -> None:
    speak("de")
    assert _all_words() == {
        "percent": "43 %",
        "least": "unter 1 %",
        "most": "über 99 %",
        "share": "12,3 %",
        "number": "12.345",
        "signed": "−3.210",
        "up": "+0,012",
        "figure": "0,0044",
        "decimal": "0,900",
        "clock": "23. Nov. 2026, 12:05 UTC",
        "day": "Montag, 23. November 2026",
        "under": "unter einer Minute",
        "minutes": "12 Min.",
        "hours": "3 Std.",
        "days": "5 Tage",
        "now": "vor weniger als einer Minute",
        "before": "vor 12 Min.",
        "hours before": "vor 47 Std.",
        "days before": "vor 1.234 Tagen",
        "many": "100 oder mehr",
        "few": "99",
        "code": "Angriff auf eine Gruppe",
        "unknown": "hard negatives",
    }


def test_every_code_has_its_words() -> None:
    codes = [
        *(scoring.Label, scoring.Signal, scoring.PersonalData, scoring.Caution, policies.Action, policies.Rule),
        *(
            comments.Status,
            people.Role,
            review.Cause,
            review.CaseState,
            review.Source,
            review.ReasonCode,
            review.Ground,
        ),
    ]
    assert [str(one) for kind in codes for one in kind if one not in NAMES] == []


LIMITS = {label: Threshold(hold_at=0.0044, reject_at=0.9) for label in Label}
EVERYTHING = replace(
    Policy(version=1), thresholds=LIMITS, newcomer_comments=3, hold_everything=True, honeypot_action=Action.HOLD
)
PHRASES = (
    FoundPhrase(words="free money"),
    FoundPhrase(words="free money", is_disguised=True),
    FoundPhrase(words="a.*”, a banned phrase", is_pattern=True),
    FoundPhrase(words="a.*b", is_pattern=True, is_disguised=True),
)
CAMPAIGNS = [
    (Campaign(id=CommentId("c"), comments=size, authors=authors, articles=articles), hours)
    for size in (5, 100)
    for authors, articles in ((1, 2), (3, 0), (0, 4), (100, 1), (2, 1))
    for hours in (1, 5, 24, 72)
]


def _reasons() -> Iterator[Reason]:
    """Yield what the policy can say: every rule, and every form of each."""
    comment = replace(a_comment("text"), form=Form(is_trapped=True, seconds=0.5))
    yield from judge(EVERYTHING, comment, None, Facts()).reasons
    for score in (0.0051, 0.0123, 0.5, 0.95):
        scored = Scored(scores=dict.fromkeys(Label, score), model="m", signals=tuple(Signal))
        yield from judge(EVERYTHING, comment, scored, Facts()).reasons
    for phrase in PHRASES:
        yield from judge(EVERYTHING, comment, None, Facts(banned=phrase, suspect=phrase)).reasons
    for doubt in Doubt:
        links = Links(count=7, blocked="a.example", suspect="b.example", doubtful="c.example", doubt=doubt)
        yield from judge(EVERYTHING, comment, None, Facts(links=links)).reasons
    for count in range(1, len(PersonalData) + 1):
        yield from judge(EVERYTHING, comment, None, Facts(personal=tuple(PersonalData)[:count])).reasons
    uncertified = replace(EVERYTHING, certified_rejects=True)
    yield from judge(uncertified, comment, None, Facts(banned=PHRASES[0])).reasons
    fine = Scored(scores={}, model="m", signals=())
    yield from judge(Policy(version=1), a_comment("text"), fine, Facts(suspended=(Action.APPROVE,))).reasons
    busy = Facts(recent=30, rate_limit=20, duplicates=4, author_approved=1)
    yield from judge(EVERYTHING, comment, None, busy).reasons
    for campaign, hours in CAMPAIGNS:
        policy = replace(EVERYTHING, campaign_hours=hours)
        yield from judge(policy, comment, None, Facts(campaign=campaign)).reasons


def test_everything_that_the_policy_says_is_said_in_german() -> None:
    reasons = list(_reasons())
    assert {reason.code for reason in reasons} == set(Rule)
    for reason in reasons:
        speak("en")
        assert said.reason_in_words(reason) == reason.detail.replace(
            reason.label or "", words.words(reason.label or ""), 1
        )
        speak("de")
        found = said.reason_in_words(reason)
        assert found, reason.detail
        assert found != reason.detail
        # No English word is left in it.
        left = re.findall(r"\b(?:the|and|of|by|an|days?|hours?|authors?|articles?|comments?|number|address)\b", found)
        assert "banned phrase" in found or left == [], found


@pytest.mark.parametrize(
    ("detail", "german"),
    [
        (
            "toxic scored 0.93; from 0.80 on a comment is held.",
            "toxisch: Wert 0,93; ab 0,80 wird ein Kommentar zurückgestellt.",
        ),
        (
            "The text contains an e-mail address, a phone number and a payment card number.",
            "Der Text enthält eine E-Mail-Adresse, eine Telefonnummer und eine Kartennummer.",
        ),
    ],
)
def test_a_sentence_has_german_figures_and_lists(detail: str, german: str) -> None:
    speak("de")
    code = Rule.SCORE if "scored" in detail else Rule.PERSONAL_DATA
    assert said.reason_in_words(Reason(code=code, action=Action.HOLD, detail=detail)) == german


def test_a_campaign_is_counted_in_german() -> None:
    speak("de")
    campaign = Campaign(id=CommentId("c"), comments=5, authors=3, articles=1)
    assert said.campaign_size(campaign, 24) == (
        "Einer von 5 ähnlichen Kommentaren innerhalb von einem Tag, von 3 Personen unter einem Artikel"
    )
    speak("en")
    for one, hours in CAMPAIGNS:
        assert said.campaign_size(one, hours) == describe(one, hours)


def test_what_nobody_recognises_stays_english_and_says_so() -> None:
    reason = Reason(code=Rule.LINKS, action=Action.HOLD, detail="An older <b>sentence</b>.")
    assert said.said(reason) == "An older &lt;b&gt;sentence&lt;/b&gt;."
    speak("de")
    assert said.said(reason) == '<span lang="en">An older &lt;b&gt;sentence&lt;/b&gt;.</span>'
    assert complaints.in_words("Something else.") == "Something else."


def test_a_reason_in_a_few_words() -> None:
    (signal,) = said.FORMS[Rule.SIGNAL][:1]
    speak("de")
    brief = said.brief(Reason(code=Rule.SIGNAL, action=Action.HOLD, detail=signal.message))
    assert brief.startswith("Der Text verbirgt seine Wörter")
    assert not brief.endswith(".")
    scored = Reason(code=Rule.SCORE, action=Action.HOLD, detail="…", label=Label.INSULT, score=0.934)
    assert said.brief(scored) == "Beleidigung 93 %"
    assert said.brief(Reason(code=Rule.LINKS, action=Action.HOLD, detail="…")) == "Links"


def test_a_site_cannot_write_holes_into_a_translation() -> None:
    speak("de")
    found = FoundPhrase(words="100 %(host)s %d %")
    (reason,) = judge(Policy(version=1), a_comment("x"), Scored(scores={}, model="m"), Facts(banned=found)).reasons
    assert said.reason_in_words(reason) == "Der Text enthält „100 %(host)s %d %“, einen verbotenen Ausdruck."


def test_german_has_its_plurals() -> None:
    speak("de")
    assert [language.ngettext("%(days)s day", "%(days)s days", count) for count in (0, 1, 2)] == [
        "%(days)s Tage",
        "%(days)s Tag",
        "%(days)s Tage",
    ]
