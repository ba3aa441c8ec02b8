"""A site's rules, and `judge()`: scores and facts in, a verdict with its reasons out. Pure and total."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Self

from moderator.domain.campaigns import LONGEST_WINDOW_HOURS, Campaign, describe
from moderator.domain.comments import Comment
from moderator.domain.errors import Fault
from moderator.domain.findings import NO_LINKS, Doubt, Form, FoundPhrase, Links
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


def judge(policy: Policy, comment: Comment, scored: Scored | None, facts: Facts) -> Verdict:
    """Return the verdict on a comment. `scored` is None when no model could score it: then a person decides."""
    reasons = [
        *_score_reasons(policy, comment, scored),
        *_list_reasons(policy, facts),
        *_form_reasons(policy, comment.form),
        *_fact_reasons(policy, facts),
    ]
    rejects = any(reason.action is Action.REJECT for reason in reasons)
    action = Action.REJECT if rejects else Action.HOLD if reasons else Action.APPROVE
    withheld = _withheld(policy, facts, action)
    if withheld is not None:
        return Verdict(action=Action.HOLD, reasons=(withheld, *reasons))
    return Verdict(action=action, reasons=tuple(reasons))


def _withheld(policy: Policy, facts: Facts, action: Action) -> Reason | None:
    """Return why the machine must not do alone what it would; the reasons for it stand, as they would have been."""
    if action in facts.suspended:
        return _hold(Rule.DRIFT, "The numbers have moved: until somebody has looked, people decide.")
    if action is Action.REJECT and policy.certified_rejects and action not in facts.certified:
        return _hold(Rule.UNCERTIFIED, "This site rejects nothing unseen before audits have certified rejections.")
    return None


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
                detail=f"{label} scored {_figure(score)}; from {_figure(limit)} on a comment is {verb}.",
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


def _figure(probability: float) -> str:
    """Return a probability with two digits that say something: rare labels are held from 0.0044 on."""
    decimals = 2 if probability >= 0.1 else 3 if probability >= 0.01 else 4
    return f"{probability:.{decimals}f}"


_SIGNAL_DETAIL = {
    Signal.OBFUSCATED: "The text hides its words: mixed alphabets, unseen characters, moved letters, missing spaces.",
    Signal.UNREADABLE: "The model knows too little of this text to vouch for it.",
    Signal.DILUTED: "One passage of the text scores far higher than the whole: what stands around it may hide it.",
    Signal.UNSUPPORTED_LANGUAGE: "The text is in a language that the model was not trained on.",
}


def _list_reasons(policy: Policy, facts: Facts) -> list[Reason]:
    """Return what the site's own lists say of the words and the links of a text."""
    reasons = []
    links = facts.links
    if policy.hold_everything:
        reasons.append(_hold(Rule.HOLD_ALL, "This site reviews every comment."))
    if facts.banned is not None:
        reasons.append(_reject(Rule.BANNED_PHRASE, _phrase_detail(facts.banned, "banned")))
    if links.blocked is not None:
        reasons.append(_reject(Rule.BLOCKED_DOMAIN, f"There is a link to {links.blocked}, which this site blocks."))
    if facts.suspect is not None:
        reasons.append(_hold(Rule.SUSPECT_PHRASE, _phrase_detail(facts.suspect, "suspect")))
    if links.suspect is not None:
        reasons.append(_hold(Rule.SUSPECT_LINK, f"There is a link to {links.suspect}, which this site suspects."))
    if policy.hold_doubtful_links and links.doubt is not None:
        reasons.append(_hold(Rule.SUSPECT_LINK, f"The link to {links.doubtful} {_DOUBT_DETAIL[links.doubt]}."))
    if policy.link_limit is not None and links.count > policy.link_limit:
        detail = f"The text has {links.count} links; this site publishes at most {policy.link_limit} unseen."
        reasons.append(_hold(Rule.LINKS, detail))
    return reasons


_DOUBT_DETAIL = {
    Doubt.SHORTENED: "does not show where it leads",
    Doubt.LOOK_ALIKE: "looks like one to another address",
    Doubt.NAMELESS: "leads to a number, not to a name",
    Doubt.MASKED: "shows another address than it leads to",
}


def _phrase_detail(found: FoundPhrase, kind: str) -> str:
    if found.is_pattern:
        return f"The text matches {found}, a {kind} pattern."
    return f"The text contains {found}, a {kind} phrase."


def _form_reasons(policy: Policy, form: Form) -> list[Reason]:
    reasons = []
    if form.is_trapped and policy.honeypot_action is not Action.APPROVE:
        detail = "A field of the form that people do not see was filled in."
        reasons.append(Reason(code=Rule.HONEYPOT, action=policy.honeypot_action, detail=detail))
    if form.seconds is not None and form.seconds < policy.fastest_seconds:
        detail = f"The form was sent after {form.seconds:.1f} seconds; people take {policy.fastest_seconds:g} or more."
        reasons.append(_hold(Rule.TOO_FAST, detail))
    return reasons


def _hold(code: Rule, detail: str) -> Reason:
    return Reason(code=code, action=Action.HOLD, detail=detail)


def _reject(code: Rule, detail: str) -> Reason:
    return Reason(code=code, action=Action.REJECT, detail=detail)


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
    campaign = facts.campaign
    if policy.campaign_limit and campaign and campaign.is_spread and campaign.comments > policy.campaign_limit:
        detail = f"{describe(campaign, policy.campaign_hours)}."
        reasons.append(Reason(code=Rule.CAMPAIGN, action=Action.HOLD, detail=detail))
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
