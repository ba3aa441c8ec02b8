"""The numbers page: what it counts, who sees whose figures, and how long it remembers."""

import re

import pytest

from moderator.console.numbers import FEWEST_PEOPLE
from moderator.domain.ids import CaseId, SiteId
from moderator.domain.people import Person, Role
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode, Source
from moderator.services import Services
from moderator.storage import decisions
from moderator.usecases import manage, review
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy
from tests.console.conftest import PASSWORD, Visitor, hold
from tests.fakes import Clock
from tests.storage.rows import a_decision
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


def _text(page: str) -> str:
    main = page.split("<main")[1].split("</main>")[0]
    return " ".join(re.sub("<[^>]+>", " ", main).split())


def _people(services: Services) -> dict[str, Person]:
    return {person.name: person for person in services.directory.people.values()}


async def _decide(services: Services, site: SiteId, name: str, *, reason: ReasonCode | None = None) -> None:
    case_id = CaseId(await hold(services, site, f"What an idiot, {services.ids.new()}."))
    action = Action.REJECT if reason else Action.APPROVE
    await review.decide(services, _people(services)[name], case_id, action=action, reason=reason, generation=0)


@pytest.fixture
async def anna(visitor: Visitor, site: SiteId) -> Visitor:
    await visitor.open("/console")
    await visitor.sign_in()
    return visitor


@pytest.fixture
async def ada(services: Services, site: SiteId, other: Visitor) -> Visitor:
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await other.open("/console")
    await other.sign_in("Ada")
    return other


async def test_an_empty_service_says_that_nothing_came(anna: Visitor) -> None:
    page = await anna.open("/console/numbers")

    assert anna.status == 200
    assert "No comments came in during this time." in page
    assert "Nobody has decided anything during this time." in page
    assert page.count("no audits yet") == 2
    assert "style=" not in page


async def test_what_came_in_and_what_became_of_it_is_counted(
    anna: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    for text in ("Fine.", "Good.", "Utter scum."):
        await moderate(services, a_comment(text, site_id=site, received_at=services.now()))
    case_id = CaseId(await hold(services, site))
    clock.forward(minutes=30)
    await review.decide(
        services, _people(services)["Anna"], case_id, action=Action.REJECT, reason=ReasonCode.INSULT, generation=0
    )
    await hold(services, site)
    clock.forward(minutes=5)

    page = await anna.open("/console/numbers")
    text = _text(page)

    assert "comments 5" in text
    assert "decided by the machine alone 60.0 %" in text
    assert "waiting now 1" in text
    assert "the oldest waits 5 min" in text
    assert "half were decided within 30 min" in text
    assert "approved 2 held for people 2 rejected 1" in text
    assert page.count('<rect class="of-') == 3
    assert "24 Nov 2026 2 2 1 1" in text
    assert "Why people rejected Reasons that people rejected for insult 1" in text


async def test_moderators_see_their_own_figures_beside_the_median(
    anna: Visitor, ada: Visitor, services: Services, site: SiteId
) -> None:
    for name in ("Cleo", "Dora"):
        await manage.add_person(services, OPERATOR, name, Role.MODERATOR, password=PASSWORD)
    for number, name in enumerate(("Anna", "Ben", "Cleo", "Dora"), start=1):
        for _ in range(number):
            await _decide(services, site, name, reason=ReasonCode.SPAM if name == "Dora" else None)
    assert FEWEST_PEOPLE == 4

    text = _text(await anna.open("/console/numbers"))
    assert "Anna 1 1 1 0 % none yet" in text
    assert "median of 4 people 2.5 2 0 % –" in text
    assert "Dora" not in text
    text = _text(await ada.open("/console/numbers"))
    assert text.index("Dora 4 1 4 100 %") < text.index("Cleo 3") < text.index("Ben 2") < text.index("Anna 1")


async def test_among_few_the_median_would_tell_on_a_colleague(anna: Visitor, services: Services, site: SiteId) -> None:
    await _decide(services, site, "Ben")

    text = _text(await anna.open("/console/numbers"))

    assert "You have decided nothing during this time." in text
    assert "median of" not in text


async def test_second_opinions_and_overturned_verdicts_are_told(ada: Visitor, services: Services, site: SiteId) -> None:
    outcomes = [
        (await moderate(services, a_comment(f"Utter scum {n}.", site_id=site, received_at=services.now()))).outcome
        for n in range(31)
    ]
    found = _people(services)
    async with services.database.transaction() as connection:
        for outcome in outcomes:
            for name in ("Anna", "Ben"):
                made = a_decision(
                    outcome.comment_id,
                    id=services.ids.new(),
                    site_id=site,
                    source=Source.MODERATOR,
                    action=Action.APPROVE,
                    person_id=found[name].id,
                    decided_at=services.now(),
                    inclusion_probability=0.1,
                )
                await decisions.append(connection, [made])

    text = _text(await ada.open("/console/numbers"))

    assert "decided otherwise later 0.0 % (0.0 % to 11.0 %; 31 decisions)" in text
    assert "rejected 31 31 0 100.0 % (89.0 % to 100.0 %; 31 decisions) 100.0 %" in text
    assert text.count("no audits yet") == 1
    assert "Anna 31 1 31 0 % 100 % (31 of 31)" in text


async def test_one_site_is_looked_at_and_others_do_not_exist(
    anna: Visitor, services: Services, site: SiteId, other: Visitor
) -> None:
    elsewhere = (await manage.add_site(services, OPERATOR, "Elsewhere")).site.id
    await manage.set_policy(services, OPERATOR, elsewhere, a_policy())
    await manage.add_person(services, OPERATOR, "Cleo", Role.MODERATOR, password=PASSWORD, only_sites=[elsewhere])
    await hold(services, site)
    await hold(services, elsewhere)
    await hold(services, elsewhere)
    await other.open("/console")
    await other.sign_in("Cleo")

    assert "comments 3" in _text(await anna.open("/console/numbers"))
    assert "comments 2" in _text(await anna.open(f"/console/numbers?site={elsewhere}&days=7"))
    assert "comments 2" in _text(page := await other.open("/console/numbers"))
    assert "waiting now 2" in _text(page)
    assert 'name="site"' not in page
    await other.open(f"/console/numbers?site={site}")
    assert other.status == 404


async def test_a_person_whose_sites_are_gone_sees_nothing(
    anna: Visitor, services: Services, site: SiteId, other: Visitor
) -> None:
    gone = (await manage.add_site(services, OPERATOR, "Gone")).site.id
    await manage.add_person(services, OPERATOR, "Cleo", Role.MODERATOR, password=PASSWORD, only_sites=[gone])
    del services.directory.sites[gone]
    await hold(services, site)
    await other.open("/console")
    await other.sign_in("Cleo")

    text = _text(await other.open("/console/numbers"))

    assert "comments 0" in text
    assert "waiting now 0" in text


@pytest.mark.parametrize("days", ["", "8", "all"])
async def test_a_period_that_is_none_is_refused(anna: Visitor, days: str) -> None:
    await anna.open(f"/console/numbers?days={days}")
    assert anna.status == 422


async def test_what_was_counted_is_shown_for_a_minute(
    anna: Visitor, services: Services, site: SiteId, clock: Clock
) -> None:
    await hold(services, site)
    assert "comments 1" in _text(await anna.open("/console/numbers"))
    await hold(services, site)
    clock.forward(seconds=59)
    assert "comments 1" in _text(await anna.open("/console/numbers"))
    clock.forward(seconds=1)
    assert "comments 2" in _text(await anna.open("/console/numbers"))
