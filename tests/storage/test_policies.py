"""Policies: each change a version, and each version for ever."""

from dataclasses import replace

import pytest

from moderator.domain.errors import NotFound
from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Caution, Label, Signal, Threshold
from moderator.storage import policies
from moderator.storage.database import Connection, Database
from tests.builders import A_SITE, NOON, a_policy
from tests.storage.rows import ANNA, ANOTHER_SITE, later

pytestmark = pytest.mark.anyio

ELABORATE = replace(
    a_policy(version=3),
    caution=next(caution for caution in Caution if caution is not Caution.BALANCED),
    sections={"politics": {Label.INSULT: Threshold(hold_at=0.25, reject_at=0.75)}},
    link_limit=5,
    banned_phrases=("buy now", "50 % „off“"),
    suspect_phrases=("click",),
    duplicate_limit=4,
    campaign_limit=5,
    campaign_hours=72,
    newcomer_comments=1,
    hold_signals=(Signal.OBFUSCATED,),
    hold_personal_data=False,
    banned_patterns=(r"via[g9]ra",),
    suspect_patterns=(r"\bcheap\b",),
    trusted_domains=("news.example",),
    blocked_domains=("münchen.example",),
    suspect_domains=("iffy.example",),
    hold_doubtful_links=False,
    honeypot_action=Action.HOLD,
    fastest_seconds=3.5,
    hold_everything=True,
)


async def test_a_policy_comes_back_in_every_detail(connection: Connection) -> None:
    await policies.add(connection, A_SITE, ELABORATE, now=NOON, created_by=ANNA, note="before the election")
    assert await policies.get(connection, A_SITE, 3) == ELABORATE


async def test_the_newest_version_of_each_site_is_current(connection: Connection) -> None:
    for version in (1, 2, 10):
        await policies.add(connection, A_SITE, a_policy(version=version, link_limit=version), now=NOON)
    await policies.add(connection, ANOTHER_SITE, a_policy(), now=NOON)
    current = await policies.list_current(connection)
    assert {site: policy.version for site, policy in current.items()} == {A_SITE: 10, ANOTHER_SITE: 1}
    assert current[A_SITE].link_limit == 10


async def test_an_older_version_explains_older_verdicts(connection: Connection) -> None:
    for version in (1, 2):
        await policies.add(connection, A_SITE, a_policy(version=version, link_limit=version), now=NOON)
    assert (await policies.get(connection, A_SITE, 1)).link_limit == 1


async def test_a_version_that_never_was_is_not_found(connection: Connection) -> None:
    await policies.add(connection, A_SITE, a_policy(), now=NOON)
    for site_id, version in ((A_SITE, 2), (ANOTHER_SITE, 1)):
        with pytest.raises(NotFound):
            await policies.get(connection, site_id, version)


async def test_a_version_is_written_once(peopled: Database) -> None:
    async with peopled.transaction() as connection:
        await policies.add(connection, A_SITE, a_policy(link_limit=1), now=NOON)
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with peopled.transaction() as connection:
            await policies.add(connection, A_SITE, a_policy(link_limit=2), now=NOON)
    async with peopled.read() as connection:
        assert (await policies.get(connection, A_SITE, 1)).link_limit == 1


def test_a_rule_that_an_old_row_does_not_name_has_its_default() -> None:
    default = Policy(version=7, thresholds={})
    assert policies.policy_from_dict(7, {}) == default
    assert policies.policy_from_dict(7, {}).hold_personal_data
    assert policies.policy_from_dict(7, {}).campaign_limit == 3
    assert policies.policy_from_dict(7, {"link_limit": 9}) == replace(default, link_limit=9)
    with pytest.raises(ValueError, match="come from the model"):
        policies.policy_from_dict(7, {"languages": {}})


async def test_the_history_tells_who_saved_what_and_why_the_newest_first(connection: Connection) -> None:
    for version, note in ((1, None), (2, "calmer"), (3, "spring")):
        policy = Policy(version=version, link_limit=version)
        by = None if version == 1 else ANNA
        await policies.add(connection, A_SITE, policy, now=later(days=version), created_by=by, note=note)
        await policies.add(connection, ANOTHER_SITE, policy, now=NOON)
    found = await policies.history(connection, A_SITE, 2)

    assert [(one.policy.version, one.policy.link_limit, one.at, one.by, one.note) for one in found] == [
        (3, 3, later(days=3), ANNA, "spring"),
        (2, 2, later(days=2), ANNA, "calmer"),
    ]
    assert (await policies.history(connection, A_SITE, 9))[-1].by is None
