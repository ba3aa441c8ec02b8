"""A site's rules, and `judge()`: scores and facts in, a verdict with its reasons out. Pure and total."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Self

from moderator.domain.comments import Comment
from moderator.domain.errors import Fault
from moderator.domain.scoring import Caution, Label, PersonalData, Scored, Signal, Threshold


class Action(StrEnum):
    """What is done with a comment, by the policy or by a person."""

    APPROVE = "approve"
    HOLD = "hold"
    REJECT = "reject"


class Rule(StrEnum):
    """Which rule gave a reason; the `code` of a reason on the wire."""

    SCORE = "score"
    SIGNAL = "signal"
    UNSCORED = "unscored"
    RATE = "rate"
    LINKS = "links"
    BANNED_PHRASE = "banned_phrase"
    SUSPECT_PHRASE = "suspect_phrase"
    DUPLICATE = "duplicate"
    NEWCOMER = "newcomer"
    PERSONAL_DATA = "personal_data"
    HOLD_ALL = "hold_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict is not a plain approval. `action` is what this reason alone would lead to."""

    code: Rule
    action: Action
    detail: str
    label: Label | None = None
    score: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The machine's answer. `reasons` is empty only when it approves."""

    action: Action
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if self.action is not Action.APPROVE and not self.reasons:
            raise ValueError("a verdict that is not an approval needs a reason")


# From here on no level of caution and no site's own threshold approves: likelier than not, somebody is threatened, a
# group attacked, or worse than insulted. A person looks, or the policy rejects.
FLOORS: Final[Mapping[Label, float]] = MappingProxyType(
    {Label.THREAT: 0.5, Label.SEVERE_TOXIC: 0.5, Label.IDENTITY_ATTACK: 0.5}
)
_FLOOR_ALONE: Final = {label: Threshold.hold_only(floor) for label, floor in FLOORS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A site's versioned rules.

    Thresholds come from the model, at the site's level of caution; `thresholds` replaces single ones, and `sections`
    single ones for an article's section. `languages` has the thresholds of languages that the shared ones do not fit;
    the model brings them. None of these approves from a label's floor on (`FLOORS`). More than `link_limit` links are
    held (None: no limit). A text with a banned phrase is rejected, one with a suspect phrase is held. A text that
    stands `duplicate_limit` times already within a day is held (0: off). An author's first `newcomer_comments` comments
    are held (0: off). Texts with one of `hold_signals` are never approved by the machine; with `hold_personal_data`
    neither are texts with contact details, account or identity numbers. `hold_everything` sends every comment to
    people: pre-moderation.
    """

    version: int
    caution: Caution = Caution.BALANCED
    thresholds: Mapping[Label, Threshold] = field(default_factory=dict)
    sections: Mapping[str, Mapping[Label, Threshold]] = field(default_factory=dict)
    languages: Mapping[str, Mapping[Label, Threshold]] = field(default_factory=dict)
    link_limit: int | None = 2
    banned_phrases: tuple[str, ...] = ()
    suspect_phrases: tuple[str, ...] = ()
    duplicate_limit: int = 3
    newcomer_comments: int = 0
    hold_signals: tuple[Signal, ...] = tuple(Signal)
    hold_personal_data: bool = True
    hold_everything: bool = False

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError("policy versions count from 1")
        if any(not phrase.strip() for phrase in (*self.banned_phrases, *self.suspect_phrases)):
            raise ValueError("a phrase must not be blank: it would match every text")

    def over(
        self,
        defaults: Mapping[Label, Threshold],
        languages: Mapping[str, Mapping[Label, Threshold]] = MappingProxyType({}),
    ) -> Self:
        """Return the policy with the model's thresholds where the site has set none, and none above its floor.

        Args:
            defaults: the model's thresholds at the site's level of caution.
            languages: those of languages that have their own, likewise.
        """
        return replace(
            self,
            thresholds=_floored({**_FLOOR_ALONE, **defaults, **self.thresholds}),
            sections={name: _floored(own) for name, own in self.sections.items()},
            languages={
                name: _floored({**_FLOOR_ALONE, **defaults, **own, **self.thresholds})
                for name, own in languages.items()
            },
        )

    def thresholds_for(self, section: str | None, language: str | None = None) -> Mapping[Label, Threshold]:
        """Return the thresholds that hold in a section of the site for a language."""
        shared = self.languages.get(language, self.thresholds) if language else self.thresholds
        if section is None or section not in self.sections:
            return shared
        return {**shared, **self.sections[section]}

    def faults(self) -> tuple[Fault, ...]:
        """Return what a site may not set: thresholds that would approve above a floor."""
        parts = [("/thresholds", self.thresholds)]
        parts += [(f"/sections/{_escape(name)}", own) for name, own in self.sections.items()]
        return tuple(
            Fault(
                pointer=f"{pointer}/{label}/hold_at",
                detail=f"may be {FLOORS[label]:g} at most, not {threshold.hold_at:g}: from there on a person looks, "
                "whatever a site sets",
            )
            for pointer, thresholds in parts
            for label, threshold in thresholds.items()
            if label in FLOORS and threshold.hold_at > FLOORS[label]
        )


def _floored(thresholds: Mapping[Label, Threshold]) -> dict[Label, Threshold]:
    return {
        label: Threshold(hold_at=FLOORS[label], reject_at=threshold.reject_at)
        if label in FLOORS and threshold.hold_at > FLOORS[label]
        else threshold
        for label, threshold in thresholds.items()
    }


def _escape(name: str) -> str:
    """Return a name as JSON pointers have it (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the policy may know besides the scores: the author's record on this site, repetition, and personal data.

    `recent` counts this author's comments of the last minute, this one included; `rate_limit` is how many may be
    published in a minute (0: no limit). `duplicates` counts earlier comments of the last day with the same text.
    `personal` says which kinds of personal data stand in the text, never the data itself.
    """

    author_approved: int = 0
    author_rejected: int = 0
    recent: int = 1
    rate_limit: int = 0
    duplicates: int = 0
    personal: tuple[PersonalData, ...] = ()


def judge(policy: Policy, comment: Comment, scored: Scored | None, facts: Facts) -> Verdict:
    """Return the verdict on a comment. `scored` is None when no model could score it: then a person decides."""
    reasons = [
        *_score_reasons(policy, comment, scored),
        *_text_reasons(policy, comment.text),
        *_fact_reasons(policy, facts),
    ]
    if not reasons:
        return Verdict(action=Action.APPROVE)
    rejects = any(reason.action is Action.REJECT for reason in reasons)
    return Verdict(action=Action.REJECT if rejects else Action.HOLD, reasons=tuple(reasons))


def _score_reasons(policy: Policy, comment: Comment, scored: Scored | None) -> list[Reason]:
    if scored is None:
        return [Reason(code=Rule.UNSCORED, action=Action.HOLD, detail="No model could score this text.")]
    reasons = []
    for label, threshold in policy.thresholds_for(comment.article.section, scored.language).items():
        score = scored.scores.get(label)
        if score is None or score < threshold.hold_at:
            continue
        rejects = score >= threshold.reject_at
        limit = threshold.reject_at if rejects else threshold.hold_at
        verb = "rejected" if rejects else "held"
        reasons.append(
            Reason(
                code=Rule.SCORE,
                action=Action.REJECT if rejects else Action.HOLD,
                detail=f"{label} scored {score:.2f}; from {limit:.2f} on a comment is {verb}.",
                label=label,
                score=score,
                threshold=limit,
            )
        )
    reasons.sort(key=lambda reason: (reason.action is Action.REJECT, reason.score or 0.0), reverse=True)
    reasons.extend(
        Reason(code=Rule.SIGNAL, action=Action.HOLD, detail=_SIGNAL_DETAIL[signal])
        for signal in scored.signals
        if signal in policy.hold_signals
    )
    return reasons


_SIGNAL_DETAIL = {
    Signal.OBFUSCATED: "The text hides its letters: mixed alphabets, invisible characters or letters spelled apart.",
    Signal.UNREADABLE: "The model knows too little of this text to vouch for it.",
    Signal.UNSUPPORTED_LANGUAGE: "The text is in a language that the model was not trained on.",
}


def _text_reasons(policy: Policy, text: str) -> list[Reason]:
    reasons = []
    if policy.hold_everything:
        reasons.append(Reason(code=Rule.HOLD_ALL, action=Action.HOLD, detail="This site reviews every comment."))
    if (phrase := find_phrase(text, policy.banned_phrases)) is not None:
        reasons.append(
            Reason(
                code=Rule.BANNED_PHRASE, action=Action.REJECT, detail=f"The text contains “{phrase}”, a banned phrase."
            )
        )
    if (phrase := find_phrase(text, policy.suspect_phrases)) is not None:
        reasons.append(
            Reason(
                code=Rule.SUSPECT_PHRASE, action=Action.HOLD, detail=f"The text contains “{phrase}”, a suspect phrase."
            )
        )
    if policy.link_limit is not None and (links := count_links(text)) > policy.link_limit:
        reasons.append(
            Reason(
                code=Rule.LINKS,
                action=Action.HOLD,
                detail=f"The text has {links} links; this site publishes at most {policy.link_limit} unseen.",
            )
        )
    return reasons


def _fact_reasons(policy: Policy, facts: Facts) -> list[Reason]:
    reasons = []
    if facts.rate_limit and facts.recent > facts.rate_limit:
        reasons.append(
            Reason(
                code=Rule.RATE,
                action=Action.HOLD,
                detail=f"{facts.recent} comments by this author within a minute; {facts.rate_limit} may be published.",
            )
        )
    if policy.duplicate_limit and facts.duplicates >= policy.duplicate_limit:
        reasons.append(
            Reason(
                code=Rule.DUPLICATE,
                action=Action.HOLD,
                detail=f"The same text was posted {facts.duplicates} times within a day.",
            )
        )
    if facts.author_approved < policy.newcomer_comments:
        reasons.append(
            Reason(
                code=Rule.NEWCOMER,
                action=Action.HOLD,
                detail=f"The author has {facts.author_approved} approved comments; the first "
                f"{policy.newcomer_comments} are reviewed.",
            )
        )
    if policy.hold_personal_data and facts.personal:
        reasons.append(
            Reason(
                code=Rule.PERSONAL_DATA,
                action=Action.HOLD,
                detail=f"The text contains {_list(_PERSONAL_DETAIL[kind] for kind in dict.fromkeys(facts.personal))}.",
            )
        )
    return reasons


_PERSONAL_DETAIL = {
    PersonalData.EMAIL: "an e-mail address",
    PersonalData.PHONE: "a phone number",
    PersonalData.IBAN: "a bank account number",
    PersonalData.CARD: "a payment card number",
    PersonalData.NATIONAL_ID: "a national identity number",
}


def _list(things: Iterable[str]) -> str:
    *others, last = things
    return f"{', '.join(others)} and {last}" if others else last


# A link is a scheme or a "www."; a bare "example.com/path" counts through its slash. No nested repeats: linear time.
_LINK = re.compile(r"https?://|\bwww\.|(?<![\w@./])[\w-]{1,63}\.[a-z]{2,24}/", re.IGNORECASE)


def count_links(text: str) -> int:
    """Count the web addresses in a text."""
    if "/" not in text and "www." not in text.casefold():
        return 0  # Nearly every comment; the pattern costs more than all other rules together.
    return sum(1 for _ in _LINK.finditer(text))


def find_phrase(text: str, phrases: tuple[str, ...]) -> str | None:
    """Return the first phrase that stands in the text as whole words, without regard to case; None without a hit."""
    if not phrases:
        return None
    match = _phrase_pattern(phrases).search(" ".join(text.casefold().split()))
    return match.group() if match else None


@lru_cache(maxsize=256)
def _phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Return one alternation of literal phrases: nothing in it can backtrack for long."""
    words = (re.escape(" ".join(phrase.casefold().split())) for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")
