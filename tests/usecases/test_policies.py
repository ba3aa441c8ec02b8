"""A policy that somebody wants to save: every fault is told with its place, and judging meets none."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.errors import InvalidInput
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Caution, Label, Signal, Threshold
from moderator.services import Services
from moderator.storage.policies import policy_from_dict, policy_to_dict
from moderator.usecases import manage
from moderator.usecases.policies import MEMBERS, check_policy, read_policy
from tests.builders import a_policy
from tests.usecases.conftest import OPERATOR


def test_what_is_shown_can_be_saved_again() -> None:
    policy = a_policy(
        version=1,
        sections={"politics": {Label.INSULT: Threshold(hold_at=0.2, reject_at=2.0)}},
        link_limit=None,
        banned_patterns=("via[g9]ra",),
        blocked_domains=("bad.example",),
        honeypot_action=Action.HOLD,
        fastest_seconds=3,
    )

    assert read_policy(json.loads(json.dumps(policy_to_dict(policy)))) == policy
    assert set(policy_to_dict(policy)) == set(MEMBERS)
    assert read_policy({}) == Policy(version=1)


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({"ban_phrases": []}, "/ban_phrases", "unknown member; did you mean banned_phrases?"),
        ({"zzz": 1}, "/zzz", "unknown member"),
        ({"version": 3}, "/version", "unknown member"),
        ({"languages": {}}, "/languages", "unknown member"),
        ({"link_limit": "two"}, "/link_limit", "Expected `int | null`, got `str`"),
        ({"link_limit": 1.5}, "/link_limit", "Expected `int | null`, got `float`"),
        ({"campaign_limit": "3"}, "/campaign_limit", "Expected `int`, got `str`"),
        ({"campaign_limit": 3.5}, "/campaign_limit", "Expected `int`, got `float`"),
        ({"campaign_limit": True}, "/campaign_limit", "Expected `int`, got `bool`"),
        ({"campaign_limit": None}, "/campaign_limit", "Expected `int`, got `null`"),
        ({"campaign_hours": [24]}, "/campaign_hours", "Expected `int`, got `array`"),
        ({"banned_phrases": "one"}, "/banned_phrases", "Expected `array`, got `str`"),
        ({"suspect_patterns": ["a", 2]}, "/suspect_patterns/1", "Expected `str`, got `int`"),
        ({"hold_everything": 1}, "/hold_everything", "Expected `bool`, got `int`"),
        ({"caution": "wild"}, "/caution", "Invalid enum value 'wild'"),
        ({"honeypot_action": "delete"}, "/honeypot_action", "Invalid enum value 'delete'"),
        ({"hold_signals": ["loud"]}, "/hold_signals/0", "Invalid enum value 'loud'"),
        ({"thresholds": {"insult": {"hold_at": 0.5}}}, "/thresholds/.../reject_at", "required"),
        ({"fastest_seconds": -1}, "", "a limit must not be negative"),
        ({"fastest_seconds": float("inf")}, "", "a limit must not be negative, nor infinite"),
        ({"campaign_limit": -1}, "", "a limit must not be negative"),
        ({"banned_phrases": [" "]}, "", "a phrase must not be blank"),
    ],
)
def test_a_wrong_member_is_refused_with_its_place(body: dict[str, Any], pointer: str, detail: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_policy(body)

    assert refused.value.faults[0].pointer == pointer
    assert refused.value.faults[0].detail.startswith(detail)


def test_patterns_and_domains_are_checked_and_every_fault_is_told() -> None:
    policy = a_policy(
        banned_patterns=("fine", "(a"),
        suspect_patterns=("b)",),
        trusted_domains=("https://a.example",),
        blocked_domains=("fine.example",),
        suspect_domains=("a b",),
    )

    with pytest.raises(InvalidInput) as refused:
        check_policy(policy)

    assert [fault.pointer for fault in refused.value.faults] == [
        "/banned_patterns/1",
        "/suspect_patterns/0",
        "/trusted_domains/0",
        "/suspect_domains/0",
    ]


@pytest.mark.anyio
async def test_a_wrong_pattern_is_never_saved(services: Services, site: SiteId) -> None:
    before = services.directory.policies[site]

    with pytest.raises(InvalidInput, match="/banned_patterns/0: not an RE2 pattern: missing"):
        await manage.set_policy(services, OPERATOR, site, replace(before, banned_patterns=("(a",)))

    assert services.directory.policies[site] == before


_LISTS = st.lists(st.text(min_size=1).filter(str.strip), max_size=3).map(tuple)


@given(
    st.builds(
        Policy,
        version=st.just(1),
        caution=st.sampled_from(Caution),
        thresholds=st.dictionaries(st.sampled_from(Label), st.builds(Threshold.hold_only, st.floats(0.01, 1))),
        sections=st.just({}),
        link_limit=st.none() | st.integers(0, 9),
        hold_signals=st.lists(st.sampled_from(Signal)).map(tuple),
        duplicate_limit=st.integers(0, 9),
        newcomer_comments=st.integers(0, 9),
        fastest_seconds=st.floats(0, 60),
        **{entry.name: _LISTS for entry in fields(Policy) if entry.type == tuple[str, ...]},
    )
)
def test_any_policy_survives_the_way_to_disk_and_back(policy: Policy) -> None:
    body = json.loads(json.dumps(policy_to_dict(policy)))

    assert policy_from_dict(1, body) == policy
    assert read_policy(body) == policy
