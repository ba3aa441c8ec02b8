"""A site's rules, what they may know, and the verdicts with their reasons that `judging` gives by them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from moderator.domain.campaigns import LONGEST_WINDOW_HOURS, Campaign
from moderator.domain.errors import Fault
from moderator.domain.findings import NO_LINKS, FoundPhrase, Links
from moderator.domain.scoring import Caution, Label, PersonalData, Signal, Threshold


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
    BLOCKED_DOMAIN = "blocked_domain"
    SUSPECT_LINK = "suspect_link"
    BANNED_PHRASE = "banned_phrase"
    SUSPECT_PHRASE = "suspect_phrase"
    DUPLICATE = "duplicate"
    CAMPAIGN = "campaign"
    NEWCOMER = "newcomer"
    PERSONAL_DATA = "personal_data"
    HONEYPOT = "honeypot"
    TOO_FAST = "too_fast"
    HOLD_ALL = "hold_all"
    DRIFT = "drift"
    UNCERTIFIED = "uncertified"


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
    single ones for an article's section. `languages` has the thresholds of languages that the shared ones do not
    fit; the model brings them. None of these approves from a label's floor on (`FLOORS`). A text with a banned
    phrase, pattern or domain is rejected, one with a suspect one is held; so is a link that hides where it leads
    (`hold_doubtful_links`). More than `link_limit` links to other than `trusted_domains` are held (None: no limit).
    A text that stands `duplicate_limit` times already within a day is held (0: off). One like `campaign_limit`
    others of the last `campaign_hours` (1 to 168) is held when more than one author wrote them or they stand under
    more than one article (0: off, and nothing is kept to compare). An author's first `newcomer_comments` comments
    are held (0: off). Texts with one of `hold_signals` are never approved by the machine; with `hold_personal_data`
    neither are texts with contact details, account or identity numbers. `honeypot_action` is what becomes of a form
    whose hidden field was filled in; one that was sent in less than `fastest_seconds` is held (0: off).
    `hold_everything` sends every comment to people: pre-moderation. `audit_share` (0 to 1) of the machine's own
    verdicts are checked by people who do not see its scores, and of `second_review_share` of people's decisions another
    person is asked, who does not see the first one; None: as many as the service is set to. With `certified_rejects`
    nothing is rejected by the machine without a certificate of the site's own audits.
    """

    version: int
    caution: Caution = Caution.BALANCED
    thresholds: Mapping[Label, Threshold] = field(default_factory=dict)
    sections: Mapping[str, Mapping[Label, Threshold]] = field(default_factory=dict)
    languages: Mapping[str, Mapping[Label, Threshold]] = field(default_factory=dict)
    link_limit: int | None = 2
    banned_phrases: tuple[str, ...] = ()
    suspect_phrases: tuple[str, ...] = ()
    banned_patterns: tuple[str, ...] = ()
    suspect_patterns: tuple[str, ...] = ()
    trusted_domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()
    suspect_domains: tuple[str, ...] = ()
    hold_doubtful_links: bool = True
    duplicate_limit: int = 3
    campaign_limit: int = 3
    campaign_hours: int = 24
    newcomer_comments: int = 0
    hold_signals: tuple[Signal, ...] = tuple(Signal)
    hold_personal_data: bool = True
    honeypot_action: Action = Action.REJECT
    fastest_seconds: float = 2.0
    hold_everything: bool = False
    audit_share: float | None = None
    certified_rejects: bool = False
    second_review_share: float | None = None

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError("policy versions count from 1")
        if any(not phrase.strip() for phrase in (*self.banned_phrases, *self.suspect_phrases)):
            raise ValueError("a phrase must not be blank: it would match every text")
        limits = (
            self.link_limit or 0,
            self.duplicate_limit,
            self.campaign_limit,
            self.newcomer_comments,
            self.fastest_seconds,
        )
        if not all(0 <= limit < float("inf") for limit in limits):  # Not a number is refused, too.
            raise ValueError("a limit must not be negative, nor infinite")
        if not all(0 <= share <= 1 for share in (self.audit_share or 0, self.second_review_share or 0)):
            raise ValueError("a share lies between 0 and 1")
        if not 1 <= self.campaign_hours <= LONGEST_WINDOW_HOURS:
            raise ValueError(f"a campaign's window has 1 to {LONGEST_WINDOW_HOURS} hours")

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
    """What the policy may know besides the scores: the author's record on this site, repetition, what was found.

    `recent` counts this author's comments of the last minute, this one included; `rate_limit` is how many may be
    published in a minute (0: no limit). `duplicates` counts earlier comments of the last day with the same text.
    `campaign` is the group of earlier comments that the text is like, this one in it; None when it is like none.
    `personal` says which kinds of personal data stand in the text, never the data itself. `banned` and `suspect` are
    the first of the site's phrases and patterns that stand in it. `suspended` are the automatic verdicts that people
    give until somebody has looked at an alarm, `certified` those for which the site has a valid certificate.
    """

    author_approved: int = 0
    author_rejected: int = 0
    recent: int = 1
    rate_limit: int = 0
    duplicates: int = 0
    campaign: Campaign | None = None
    personal: tuple[PersonalData, ...] = ()
    banned: FoundPhrase | None = None
    suspect: FoundPhrase | None = None
    links: Links = NO_LINKS
    suspended: tuple[Action, ...] = ()
    certified: tuple[Action, ...] = ()
