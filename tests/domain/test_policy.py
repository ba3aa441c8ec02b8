"""`judge()`: pure, total, and never silent about a hold or a rejection."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.decisions import reason_of
from moderator.domain.findings import Doubt, Form, FoundPhrase, Links
from moderator.domain.judging import judge
from moderator.domain.policy import FLOORS, Action, Facts, Policy, Rule, Verdict
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Caution, Label, PersonalData, Scored, Signal, Span, Threshold
from tests.builders import a_comment, a_policy, a_scored


def test_a_comment_below_every_threshold_is_approved_without_reasons() -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(), Facts())

    assert verdict == Verdict(action=Action.APPROVE)


@pytest.mark.parametrize(
    ("score", "action"),
    [(0.49, Action.APPROVE), (0.5, Action.HOLD), (0.89, Action.HOLD), (0.9, Action.REJECT), (1.0, Action.REJECT)],
)
def test_a_threshold_holds_from_its_very_value_on(score: float, action: Action) -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(insult=score), Facts())

    assert verdict.action is action


def test_a_reason_names_label_score_and_the_threshold_it_passed() -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(insult=0.93, toxic=0.6), Facts())

    assert [(reason.label, reason.score, reason.threshold) for reason in verdict.reasons] == [
        (Label.INSULT, 0.93, 0.9),
        (Label.TOXIC, 0.6, 0.5),
    ]
    assert verdict.reasons[0].detail == "insult scored 0.93; from 0.90 on a comment is rejected."


@pytest.mark.parametrize(
    ("score", "hold_at", "told"),
    [
        (0.0117, 0.0044, "insult scored 0.012; from 0.0044 on a comment is held."),
        (0.078, 0.0612, "insult scored 0.078; from 0.061 on a comment is held."),
    ],
)
def test_small_scores_and_thresholds_are_told_apart(score: float, hold_at: float, told: str) -> None:
    policy = a_policy(thresholds={Label.INSULT: Threshold.hold_only(hold_at)})

    assert judge(policy, a_comment(), a_scored(insult=score), Facts()).reasons[0].detail == told


def test_a_threshold_that_only_holds_never_rejects() -> None:
    policy = a_policy(thresholds={Label.INSULT: Threshold.hold_only(0.2)})

    assert judge(policy, a_comment(), a_scored(insult=1.0), Facts()).action is Action.HOLD


def test_without_a_model_a_person_decides() -> None:
    verdict = judge(a_policy(), a_comment(), None, Facts())

    assert verdict.action is Action.HOLD
    assert verdict.reasons[0].code is Rule.UNSCORED


def test_a_label_that_the_model_does_not_score_has_no_say() -> None:
    scored = Scored(scores={Label.SPAM: 0.1}, model="spam-only")

    assert judge(a_policy(), a_comment(), scored, Facts()).action is Action.APPROVE


@pytest.mark.parametrize("signal", list(Signal))
def test_a_signal_holds_whatever_the_scores(signal: Signal) -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(signals=(signal,)), Facts())

    assert (verdict.action, verdict.reasons[0].code) == (Action.HOLD, Rule.SIGNAL)


def test_a_signal_that_the_policy_does_not_name_is_passed_over() -> None:
    policy = a_policy(hold_signals=())

    assert judge(policy, a_comment(), a_scored(signals=(Signal.OBFUSCATED,)), Facts()).action is Action.APPROVE


def test_a_section_has_its_own_thresholds() -> None:
    policy = a_policy(sections={"politics": {Label.INSULT: Threshold(hold_at=0.1, reject_at=0.2)}})
    scored = a_scored(insult=0.3, toxic=0.3)

    assert judge(policy, a_comment(section="politics"), scored, Facts()).action is Action.REJECT
    assert judge(policy, a_comment(section="sport"), scored, Facts()).action is Action.APPROVE
    assert judge(policy, a_comment(), scored, Facts()).action is Action.APPROVE


def test_the_models_thresholds_stand_where_the_site_has_set_none() -> None:
    own = Threshold(hold_at=0.3, reject_at=0.4)
    policy = Policy(version=1, thresholds={Label.SPAM: own})

    full = policy.over({label: Threshold.hold_only(0.7) for label in Label})

    assert full.thresholds[Label.SPAM] == own
    assert full.thresholds[Label.INSULT] == Threshold.hold_only(0.7)


def test_a_language_has_the_thresholds_that_the_model_brings_for_it() -> None:
    own = Threshold(hold_at=0.3, reject_at=0.4)
    shared = {label: Threshold.hold_only(0.2) for label in Label}
    german = {label: Threshold.hold_only(0.45) for label in Label}
    policy = Policy(version=1, thresholds={Label.SPAM: own}).over(shared, {"de": german})

    def action(language: str | None, **scores: float) -> Action:
        return judge(policy, a_comment(), replace(a_scored(**scores), language=language), Facts()).action

    assert action("de", insult=0.3) is Action.APPROVE
    assert [action(other, insult=0.3) for other in ("en", None)] == [Action.HOLD, Action.HOLD]
    assert action("de", insult=0.45) is Action.HOLD
    assert action("de", spam=0.4) is Action.REJECT  # The site's own word holds in every language.


def test_a_section_stands_above_a_language() -> None:
    politics = {"politics": {Label.INSULT: Threshold.hold_only(0.1)}}
    policy = Policy(version=1, sections=politics).over({}, {"de": {Label.INSULT: Threshold.hold_only(0.45)}})
    scored = replace(a_scored(insult=0.3), language="de")

    assert judge(policy, a_comment(section="politics"), scored, Facts()).action is Action.HOLD
    assert judge(policy, a_comment(), scored, Facts()).action is Action.APPROVE


@pytest.mark.parametrize("label", list(FLOORS))
@pytest.mark.parametrize("language", [None, "de"])
@pytest.mark.parametrize("section", [None, "politics"])
def test_no_setting_approves_from_the_floor_on(label: Label, language: str | None, section: str | None) -> None:
    lax = dict.fromkeys(Label, Threshold.hold_only(1.5))
    policy = Policy(
        version=1, caution=Caution.PERMISSIVE, thresholds=lax, sections={"politics": lax}, hold_signals=()
    ).over(lax, {"de": lax})

    def action(score: float) -> Action:
        scored = replace(a_scored(**{label: score}), language=language)
        return judge(policy, a_comment(section=section), scored, Facts()).action

    assert action(FLOORS[label]) is Action.HOLD
    assert action(FLOORS[label] - 0.01) is Action.APPROVE


def test_a_label_without_any_threshold_has_its_floor() -> None:
    policy = Policy(version=1).over({})

    assert judge(policy, a_comment(), a_scored(threat=0.5), Facts()).action is Action.HOLD
    assert judge(policy, a_comment(), a_scored(insult=1.0), Facts()).action is Action.APPROVE


def test_above_the_floor_a_site_may_still_reject() -> None:
    own = {Label.THREAT: Threshold(hold_at=0.5, reject_at=0.6)}
    policy = Policy(version=1, thresholds=own).over({})

    assert judge(policy, a_comment(), a_scored(threat=0.7), Facts()).action is Action.REJECT


def test_thresholds_above_a_floor_are_faults_each_with_its_place() -> None:
    above, at = Threshold.hold_only(0.51), Threshold.hold_only(0.5)
    policy = Policy(
        version=1,
        thresholds={Label.THREAT: above, Label.TOXIC: above, Label.SEVERE_TOXIC: at},
        sections={"a/b~c": {Label.IDENTITY_ATTACK: above}},
    )

    assert [fault.pointer for fault in policy.faults()] == [
        "/thresholds/threat/hold_at",
        "/sections/a~1b~0c/identity_attack/hold_at",
    ]
    assert "0.5 at most, not 0.51" in policy.faults()[0].detail
    assert Policy(version=1).faults() == ()


@pytest.mark.parametrize(
    ("facts", "action", "code", "detail"),
    [
        (
            Facts(banned=FoundPhrase(words="foo bar")),
            Action.REJECT,
            Rule.BANNED_PHRASE,
            "The text contains “foo bar”, a banned phrase.",
        ),
        (
            Facts(banned=FoundPhrase(words="fo+", is_pattern=True, is_disguised=True)),
            Action.REJECT,
            Rule.BANNED_PHRASE,
            "The text matches “fo+” in disguise, a banned pattern.",
        ),
        (
            Facts(suspect=FoundPhrase(words="chemtrails", is_disguised=True)),
            Action.HOLD,
            Rule.SUSPECT_PHRASE,
            "The text contains “chemtrails” in disguise, a suspect phrase.",
        ),
        (
            Facts(links=Links(count=1, blocked="bad.example")),
            Action.REJECT,
            Rule.BLOCKED_DOMAIN,
            "There is a link to bad.example, which this site blocks.",
        ),
        (
            Facts(links=Links(count=1, suspect="iffy.example")),
            Action.HOLD,
            Rule.SUSPECT_LINK,
            "There is a link to iffy.example, which this site suspects.",
        ),
        (
            Facts(links=Links(count=3)),
            Action.HOLD,
            Rule.LINKS,
            "The text has 3 links; this site publishes at most 2 unseen.",
        ),
    ],
)
def test_what_a_sites_lists_name_is_rejected_or_held(facts: Facts, action: Action, code: Rule, detail: str) -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(), facts)

    assert verdict.action is action
    assert [(reason.code, reason.detail) for reason in verdict.reasons] == [(code, detail)]


@pytest.mark.parametrize("doubt", list(Doubt))
def test_a_link_that_hides_where_it_leads_is_held_where_the_policy_says_so(doubt: Doubt) -> None:
    facts = Facts(links=Links(count=1, doubtful="x.example", doubt=doubt))

    held = judge(a_policy(), a_comment(), a_scored(), facts)
    passed = judge(a_policy(hold_doubtful_links=False), a_comment(), a_scored(), facts)

    assert (held.action, held.reasons[0].code) == (Action.HOLD, Rule.SUSPECT_LINK)
    assert held.reasons[0].detail.startswith("The link to x.example ")
    assert passed.action is Action.APPROVE


def test_links_up_to_the_limit_pass() -> None:
    def action(count: int, **rules: object) -> Action:
        return judge(a_policy(**rules), a_comment(), a_scored(), Facts(links=Links(count=count))).action

    assert [action(2), action(3), action(3, link_limit=None)] == [Action.APPROVE, Action.HOLD, Action.APPROVE]
    assert action(1, link_limit=0) is Action.HOLD


@pytest.mark.parametrize("action", list(Action))
def test_a_filled_honeypot_leads_to_what_the_policy_says(action: Action) -> None:
    comment = replace(a_comment(), form=Form(is_trapped=True))

    verdict = judge(a_policy(honeypot_action=action), comment, a_scored(), Facts())

    assert verdict.action is action
    assert [reason.code for reason in verdict.reasons] == ([] if action is Action.APPROVE else [Rule.HONEYPOT])


def test_a_filled_honeypot_is_rejected_as_spam_by_default() -> None:
    verdict = judge(a_policy(), replace(a_comment(), form=Form(is_trapped=True)), a_scored(), Facts())

    assert verdict.action is Action.REJECT
    assert reason_of(verdict) is ReasonCode.SPAM


@pytest.mark.parametrize(
    ("seconds", "fastest", "action"),
    [
        (1.4, 2.0, Action.HOLD),
        (2.0, 2.0, Action.APPROVE),
        (0.0, 0.0, Action.APPROVE),
        (None, 2.0, Action.APPROVE),
    ],
)
def test_a_form_that_was_sent_too_fast_is_held(seconds: float | None, fastest: float, action: Action) -> None:
    comment = replace(a_comment(), form=Form(seconds=seconds))

    verdict = judge(a_policy(fastest_seconds=fastest), comment, a_scored(), Facts())

    assert verdict.action is action
    assert [reason.detail for reason in verdict.reasons] == (
        ["The form was sent after 1.4 seconds; people take 2 or more."] if action is Action.HOLD else []
    )


def test_of_several_reasons_the_strictest_decides_and_all_are_told() -> None:
    facts = Facts(
        banned=FoundPhrase(words="foo"),
        suspect=FoundPhrase(words="bar"),
        links=Links(count=9, blocked="a.example", suspect="b.example", doubtful="c.example", doubt=Doubt.MASKED),
    )
    comment = replace(a_comment(), form=Form(is_trapped=True, seconds=0.1))

    verdict = judge(a_policy(hold_everything=True), comment, a_scored(), facts)

    assert verdict.action is Action.REJECT
    assert [reason.code for reason in verdict.reasons] == [
        Rule.HOLD_ALL,
        Rule.BANNED_PHRASE,
        Rule.BLOCKED_DOMAIN,
        Rule.SUSPECT_PHRASE,
        Rule.SUSPECT_LINK,
        Rule.SUSPECT_LINK,
        Rule.LINKS,
        Rule.HONEYPOT,
        Rule.TOO_FAST,
    ]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (Facts(recent=21, rate_limit=20), Rule.RATE),
        (Facts(duplicates=3), Rule.DUPLICATE),
    ],
)
def test_facts_hold(facts: Facts, code: Rule) -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(), facts)

    assert (verdict.action, verdict.reasons[0].code) == (Action.HOLD, code)


@pytest.mark.parametrize("facts", [Facts(recent=20, rate_limit=20), Facts(recent=99), Facts(duplicates=2)])
def test_facts_within_their_limits_do_not_hold(facts: Facts) -> None:
    assert judge(a_policy(), a_comment(), a_scored(), facts).action is Action.APPROVE


def test_newcomers_wait_where_the_policy_says_so() -> None:
    policy = a_policy(newcomer_comments=2, duplicate_limit=0)

    assert judge(policy, a_comment(), a_scored(), Facts(author_approved=1)).reasons[0].code is Rule.NEWCOMER
    assert judge(policy, a_comment(), a_scored(), Facts(author_approved=2, duplicates=9)).action is Action.APPROVE


@pytest.mark.parametrize(
    ("kinds", "detail"),
    [
        ((PersonalData.EMAIL,), "The text contains an e-mail address."),
        (
            (PersonalData.EMAIL, PersonalData.PHONE, PersonalData.EMAIL),
            "The text contains an e-mail address and a phone number.",
        ),
        (
            (PersonalData.NATIONAL_ID, PersonalData.IBAN, PersonalData.CARD),
            "The text contains a national identity number, a bank account number and a payment card number.",
        ),
    ],
)
def test_personal_data_holds_and_the_reason_names_the_kinds(kinds: tuple[PersonalData, ...], detail: str) -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(), Facts(personal=kinds))

    assert verdict.action is Action.HOLD
    assert [(reason.code, reason.detail) for reason in verdict.reasons] == [(Rule.PERSONAL_DATA, detail)]


@pytest.mark.parametrize("kind", list(PersonalData))
def test_personal_data_passes_where_the_policy_says_so(kind: PersonalData) -> None:
    held = judge(a_policy(), a_comment(), a_scored(), Facts(personal=(kind,)))
    passed = judge(a_policy(hold_personal_data=False), a_comment(), a_scored(), Facts(personal=(kind,)))

    assert (held.action, passed.action) == (Action.HOLD, Action.APPROVE)


def test_a_site_may_review_everything() -> None:
    verdict = judge(a_policy(hold_everything=True), a_comment(), a_scored(), Facts())

    assert verdict.reasons[0].code is Rule.HOLD_ALL


@pytest.mark.parametrize(
    "given",
    [
        {"version": 0},
        {"version": 1, "banned_phrases": (" ",)},
        {"version": 1, "link_limit": -1},
        {"version": 1, "duplicate_limit": -1},
        {"version": 1, "newcomer_comments": -1},
        {"version": 1, "fastest_seconds": -0.5},
        {"version": 1, "fastest_seconds": float("nan")},
        {"version": 1, "audit_share": 1.5},
        {"version": 1, "second_review_share": -0.1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"phrase|versions|limit|share"):
        Policy(**given)  # type: ignore[arg-type]


def test_a_hold_without_a_reason_cannot_exist() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Verdict(action=Action.HOLD)


@pytest.mark.parametrize(("hold_at", "reject_at"), [(0.0, 0.5), (0.6, 0.5)])
def test_thresholds_that_cross_are_refused(hold_at: float, reject_at: float) -> None:
    with pytest.raises(ValueError, match="thresholds"):
        Threshold(hold_at=hold_at, reject_at=reject_at)


def test_a_score_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="not a probability"):
        Scored(scores={Label.SPAM: 1.2}, model="m")


def test_a_span_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forwards"):
        Span(start=3, end=3, label=Label.SPAM, weight=1.0)


@given(
    text=st.text(),
    values=st.lists(st.floats(0, 1), min_size=len(Label), max_size=len(Label)),
    facts=st.builds(
        Facts,
        author_approved=st.integers(0, 100),
        recent=st.integers(1, 100),
        rate_limit=st.integers(0, 50),
        duplicates=st.integers(0, 100),
        personal=st.lists(st.sampled_from(PersonalData)).map(tuple),
        banned=st.none() | st.builds(FoundPhrase, words=st.text(), is_pattern=st.booleans()),
        suspect=st.none() | st.builds(FoundPhrase, words=st.text(), is_disguised=st.booleans()),
        links=st.builds(Links, count=st.integers(0, 5), blocked=st.none() | st.just("a.example")),
    ),
    form=st.builds(Form, is_trapped=st.booleans(), seconds=st.none() | st.floats(0, 5)),
    policy=st.builds(
        a_policy,
        link_limit=st.none() | st.integers(0, 3),
        honeypot_action=st.sampled_from(Action),
        fastest_seconds=st.floats(0, 5),
        newcomer_comments=st.integers(0, 3),
        hold_everything=st.booleans(),
        hold_personal_data=st.booleans(),
    ),
)
def test_every_comment_gets_a_verdict_and_every_refusal_a_reason(
    text: str, values: list[float], facts: Facts, form: Form, policy: Policy
) -> None:
    scored = Scored(scores=dict(zip(Label, values, strict=True)), model="m")

    comment = replace(a_comment(text), form=form)

    verdict = judge(policy, comment, scored, facts)

    assert verdict == judge(policy, comment, scored, facts)
    if verdict.action is Action.APPROVE:
        assert max(values) < 0.5
        assert verdict.reasons == ()
    else:
        assert verdict.reasons
    assert (verdict.action is Action.REJECT) == any(reason.action is Action.REJECT for reason in verdict.reasons)


@given(
    values=st.lists(st.floats(0, 1), min_size=len(Label), max_size=len(Label)),
    n=st.integers(0, len(Label) - 1),
    more=st.floats(0, 1),
)
def test_a_higher_score_never_gives_a_milder_verdict(values: list[float], n: int, more: float) -> None:
    order = [Action.APPROVE, Action.HOLD, Action.REJECT]
    raised = [max(value, more) if k == n else value for k, value in enumerate(values)]

    before = judge(a_policy(), a_comment(), Scored(scores=dict(zip(Label, values, strict=True)), model="m"), Facts())
    after = judge(a_policy(), a_comment(), Scored(scores=dict(zip(Label, raised, strict=True)), model="m"), Facts())

    assert order.index(after.action) >= order.index(before.action)


IN_DOUBT = (Action.APPROVE, Action.REJECT)


def test_an_alarm_leaves_to_people_what_the_machine_would_have_approved() -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(), Facts(suspended=IN_DOUBT))

    assert verdict.action is Action.HOLD
    assert [(reason.code, reason.action) for reason in verdict.reasons] == [(Rule.DRIFT, Action.HOLD)]
    assert judge(a_policy(), a_comment(), a_scored(), Facts(suspended=(Action.REJECT,))).action is Action.APPROVE


def test_an_alarm_leaves_to_people_what_the_machine_would_have_rejected_and_says_why_it_would_have() -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(insult=0.95), Facts(suspended=IN_DOUBT))

    assert verdict.action is Action.HOLD
    reasons = [(reason.code, reason.action) for reason in verdict.reasons]
    assert reasons == [(Rule.DRIFT, Action.HOLD), (Rule.SCORE, Action.REJECT)]


def test_an_alarm_says_nothing_of_what_is_held_anyway() -> None:
    verdict = judge(a_policy(), a_comment(), a_scored(insult=0.6), Facts(suspended=IN_DOUBT))

    assert [reason.code for reason in verdict.reasons] == [Rule.SCORE]


@pytest.mark.parametrize(
    ("asks", "certified", "action"),
    [
        (False, (), Action.REJECT),
        (True, (), Action.HOLD),
        (True, (Action.APPROVE,), Action.HOLD),
        (True, (Action.REJECT,), Action.REJECT),
    ],
)
def test_a_site_may_ask_that_rejections_be_certified(asks: bool, certified: tuple[Action, ...], action: Action) -> None:
    policy = a_policy(certified_rejects=asks)

    verdict = judge(policy, a_comment(), a_scored(insult=0.95), Facts(certified=certified))

    assert verdict.action is action
    assert (verdict.reasons[0].code is Rule.UNCERTIFIED) == (action is Action.HOLD)
    assert judge(policy, a_comment(), a_scored(), Facts()).action is Action.APPROVE
