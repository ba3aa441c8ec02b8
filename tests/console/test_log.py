"""The audit log at the console: every act in words, the filters, and whether the chain holds."""

import re
from datetime import timedelta

import pytest

from moderator.console import log
from moderator.console.log import KINDS, SENTENCES
from moderator.domain.bulk import Selection
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import CaseId, SiteId
from moderator.domain.people import Role
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode
from moderator.domain.scoring import Label
from moderator.services import Services
from moderator.storage import audit
from moderator.storage.audit import Actor, Entry
from moderator.usecases import bulk, manage, review
from tests.builders import a_policy
from tests.console.conftest import PASSWORD, Visitor, hold
from tests.fakes import Clock
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


def _lines(page: str) -> list[str]:
    """Return what the entries in view say."""
    return [" ".join(re.sub("<[^>]+>", " ", one).split()) for one in re.findall(r'<p class="text">(.*?)</p>', page)]


@pytest.fixture
async def ada(services: Services, site: SiteId, visitor: Visitor) -> Visitor:
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await visitor.open("/console")
    await visitor.sign_in("Ada")
    return visitor


async def _append(services: Services, *entries: Entry) -> None:
    async with services.database.transaction() as connection:
        await audit.append(connection, *entries)


def test_every_act_has_words() -> None:
    assert set(KINDS) == set(SENTENCES) == set(AuditAction)


async def test_moderators_see_no_log(visitor: Visitor, site: SiteId) -> None:
    await visitor.open("/console")
    await visitor.sign_in()
    await visitor.open("/console/log")
    assert visitor.status == 403
    await visitor.open("/console")
    await visitor.submit("/console/log/check")
    assert visitor.status == 403


async def test_what_people_did_is_told_in_words(ada: Visitor, services: Services, site: SiteId, clock: Clock) -> None:
    people = {person.name: person for person in services.directory.people.values()}
    first, second, third = [CaseId(await hold(services, site, f"What an idiot, {n}.")) for n in range(3)]
    await review.decide(
        services, people["Anna"], first, action=Action.REJECT, reason=ReasonCode.PERSONAL_DATA, generation=0
    )
    made = await review.decide(services, people["Ben"], second, action=Action.APPROVE, generation=0)
    await review.undo(services, people["Ben"], made.decision.id)
    batch = await bulk.decide_all(
        services,
        people["Anna"],
        Selection(site_id=site, label=Label.INSULT),
        [third],
        batch_id="batch-1",
        action=Action.REJECT,
        reason=ReasonCode.SPAM,
    )
    await manage.set_policy(services, Actor(kind=ActorKind.PERSON, id=people["Ada"].id), site, a_policy())
    await manage.disable_person(services, OPERATOR, people["Ben"].id)
    clock.forward(hours=3)

    page = await ada.open("/console/log")

    assert _lines(page)[:6] == [
        "The operator disabled the account of Ben",
        "Ada saved version 3 of the policy of News",
        "Anna rejected a comment: spam",
        "Ben took a decision about a comment back",
        "Ben approved a comment",
        "Anna rejected a comment: personal data",
    ]
    assert f'href="/console/bulk/{batch.id}"' in page
    assert f'href="/console/comments/{made.decision.comment_id}"' in page
    assert f'href="/console/policy/{site}"' in page
    assert 'title="2026-11-24 12:00:00.000 UTC">3 h ago' in page
    assert f"decision <bdi>{made.decision.id}" in page


@pytest.mark.parametrize("action", list(AuditAction))
async def test_an_act_is_told_whoever_did_it(
    ada: Visitor, services: Services, site: SiteId, action: AuditAction
) -> None:
    for actor in (
        Actor(kind=ActorKind.SITE, id=site),
        Actor(kind=ActorKind.SERVICE),
        Actor(kind=ActorKind.PERSON, id="nobody"),
    ):
        await _append(
            services,
            Entry(at=services.now(), actor=actor, action=action, subject_kind="model", subject_id="<i>", site_id=site),
        )

    page = await ada.open("/console/log")

    said = _lines(page)[:3]
    assert [one.split()[0] for one in said] == ["Somebody", "The", "The"]
    assert said[2].startswith("The staff of News ")
    assert "%(" not in page
    assert "<i>" not in page


async def test_an_act_without_words_is_told_by_its_name(
    ada: Visitor, services: Services, site: SiteId, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in (KINDS, SENTENCES):
        monkeypatch.delitem(table, AuditAction.KEY_ISSUED)  # type: ignore[arg-type]

    page = await ada.open("/console/log?action=key.issued")

    (said,) = _lines(page)
    assert said.startswith("The operator: key.issued, ")
    assert '<option value="key.issued" selected>key.issued</option>' in page


async def test_filters_leave_out_what_does_not_fit(
    ada: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    people = {person.name: person for person in services.directory.people.values()}
    clock.forward(days=1)
    await ada.open("/console")
    await ada.sign_in("Ada")
    made = await review.decide(
        services,
        people["Anna"],
        CaseId(await hold(services, site)),
        action=Action.APPROVE,
        generation=0,
    )

    for fields in (
        f"who=person:{people['Anna'].id}",
        "action=case.decided",
        f"subject={made.decision.comment_id}",
        "from=2026-11-25&action=case.decided",
        f"from=2026-11-25&to=2026-11-25&site={site}",
    ):
        assert _lines(await ada.open(f"/console/log?{fields}")) == ["Anna approved a comment"], fields
    assert "Anna approved a comment" not in await ada.open("/console/log?to=2026-11-24")
    assert "Anna approved" not in "".join(_lines(await ada.open("/console/log?who=operator")))
    assert "Nothing fits." in await ada.open("/console/log?subject=nothing")


@pytest.mark.parametrize("fields", ["action=nonsense", "who=nobody", "from=yesterday", "to=2026-02-30"])
async def test_a_filter_that_is_none_is_refused(ada: Visitor, fields: str) -> None:
    await ada.open(f"/console/log?{fields}")
    assert ada.status == 422


async def test_the_log_is_paged_to_its_beginning(ada: Visitor, services: Services, clock: Clock) -> None:
    entry = Entry(
        at=clock.now() + timedelta(minutes=1),
        actor=Actor(kind=ActorKind.SERVICE),
        action=AuditAction.MODEL_REFUSED,
        subject_kind="model",
        subject_id="base-1",
    )
    await _append(services, *[entry] * 60)

    page = await ada.open("/console/log?action=model.refused")
    assert len(_lines(page)) == 50
    (path,) = re.findall(r'href="(/console/log\?[^"]+)" *>Older', page) or re.findall(
        r'rel="next" href="([^"]+)"', page
    )
    page = await ada.open(path.replace("&amp;", "&"))
    assert len(_lines(page)) == 10
    assert 'rel="next"' not in page
    assert "That was all." in await ada.open("/console/log?action=model.refused&before=1")


async def test_an_administrator_of_one_site_sees_no_other_sites_entries(
    other: Visitor, services: Services, site: SiteId
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.add_person(services, OPERATOR, "Bo", Role.ADMIN, password=PASSWORD, only_sites=[elsewhere])
    await other.open("/console")
    await other.sign_in("Bo")

    said = _lines(await other.open("/console/log"))

    assert "The operator added the site Elsewhere" in said
    assert not any("News" in one for one in said)


async def test_the_chain_is_checked_on_request(ada: Visitor, services: Services) -> None:
    page = await ada.open("/console/log")
    assert "The chain holds" not in page

    page = await ada.submit("/console/log/check")
    assert re.search(r"The chain holds: \d+ entries", page)

    async with services.database.transaction() as connection:
        await connection.execute("UPDATE audit SET subject_id = 'x' WHERE seq = 2")
        await connection.execute("UPDATE audit_head SET hash = 'x' WHERE id = 1")
    page = await ada.submit("/console/log/check")
    assert "The chain does not hold" in page
    assert "Entry 2 has been altered." in page
    assert "The head does not have the hash" in page


async def test_a_long_chain_is_checked_in_several_presses(
    ada: Visitor, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "CHECK_SECONDS", 0.0)
    page = await ada.submit("/console/log/check")
    assert "There are more of them than can be checked at once." in page
    assert "Go on from there" in page
    (after,) = re.findall(r'name="after" value="(\d+)"', page)

    monkeypatch.setattr(log, "CHECK_SECONDS", 4.0)
    page = await ada.submit("/console/log/check", after=after)

    assert "The chain holds" in page
