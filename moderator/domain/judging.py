"""`judge()`: scores and facts in, a verdict with its reasons out. Pure and total."""

from collections.abc import Iterable

from moderator.domain.campaigns import describe
from moderator.domain.comments import Comment
from moderator.domain.findings import Doubt, Form, FoundPhrase
from moderator.domain.policy import Action, Facts, Policy, Reason, Rule, Verdict
from moderator.domain.scoring import PersonalData, Scored, Signal


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
