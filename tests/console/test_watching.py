"""The page of what verdicts rest on, the line that every page has during an alarm, and the button that ends it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from moderator.console.watching import measure_name, part_of_limit
from moderator.domain.certificates import LIFETIME, Certificate, Standing, suspend
from moderator.domain.drift import Day, Figure, Level, Sketch
from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.domain.policy import Action
from moderator.services import Services
from moderator.storage import certificates, sites, watching
from moderator.usecases import manage
from tests.builders import NOON
from tests.console.conftest import PASSWORD, Visitor
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio

TODAY = NOON.date()
FAR = Figure(measure="words", value=0.5, usual=0.1, limit=0.35, level=Level.ALARM)
NEAR = Figure(measure="held", value=0.16, usual=0.15, limit=0.3, level=Level.QUIET)
LIFT = "Lift the alarm of News"


@pytest.fixture
async def admin(services: Services, visitor: Visitor) -> Visitor:
    """Return an administrator who is signed in."""
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await visitor.open("/console")
    await visitor.sign_in("Ada")
    return visitor


async def store(services: Services, *found: Certificate) -> None:
    async with services.database.transaction() as connection:
        for one in found:
            await certificates.set_one(connection, one)
        await sites.touch_directory(connection)
    await services.directory.refresh(services.database)


async def alarm(services: Services, site: SiteId) -> None:
    """Let a site have a day that is far off."""
    async with services.database.transaction() as connection:
        for back, level, figures in ((3, Level.QUIET, ()), (2, Level.QUIET, (NEAR,)), (1, Level.ALARM, (NEAR, FAR))):
            at, sketch = TODAY - timedelta(days=back), Sketch(comments=400, held=64)
            day = Day(day=at, sketch=sketch, level=level, figures=figures)
            await watching.set_day(connection, site, day, NOON)
    plain = Certificate(site_id=site, action=Action.APPROVE)
    await store(services, suspend(plain, [FAR], day=TODAY - timedelta(days=1), now=NOON))


async def test_before_the_first_day_a_site_rests_on_its_model(admin: Visitor, site: SiteId, services: Services) -> None:
    page = await admin.open("/console/watching")

    assert page.count("the model’s promise") == 2
    assert "<td>149</td>" in page
    assert "<td>59</td>" in page
    assert "A day can be judged once 14 others have been seen" in page
    assert LIFT not in page
    assert 'class="problem alarm"' not in page


async def test_it_says_what_is_certified_and_what_is_missing(admin: Visitor, site: SiteId, services: Services) -> None:
    await store(
        services,
        Certificate(
            site_id=site, action=Action.APPROVE, standing=Standing.VALID, bound=0.0151, audited=200, needed=0,
            earned_at=NOON, expires_at=NOON + LIFETIME,
        ),
        Certificate(
            site_id=site, action=Action.REJECT, standing=Standing.EXPIRED, bound=0.12, audited=30, needed=41,
            earned_at=NOON, expires_at=NOON,
        ),
    )  # fmt: skip
    page = await admin.open("/console/watching")

    assert "this site’s audits" in page
    assert '<time datetime="2026-12-24">24 Dec 2026</time>' in page
    assert "the certificate expired on" in page
    assert "<td>2.0 %</td><td>1.5 %</td><td>200</td><td>0</td>" in page
    assert "<td>5.0 %</td><td>12.0 %</td><td>30</td><td>41</td>" in page


async def test_an_alarm_stands_on_every_page_and_an_administrator_lifts_it(
    admin: Visitor, site: SiteId, services: Services
) -> None:
    await alarm(services, site)

    for path in ("/console", "/console/queue", "/console/numbers", "/console/models"):
        page = await admin.open(path)
        assert "The numbers of News have moved: until somebody has looked, people decide" in page, path
        assert f"/console/watching?site={site}" in page
    page = await admin.open("/console/watching")
    assert "the words that are used: 0.500" in page
    assert "usually 0.100, an alarm from 0.350 on" in page
    assert page.count("<rect") == 2  # The first day was not held against others.
    assert '<rect class="of-reject"' in page
    assert "<td>160 %</td>" in page

    page = await admin.submit(f"/console/watching/{site}/lift")

    assert "The alarm is lifted" in page
    assert LIFT not in page
    assert 'class="problem alarm"' not in page
    assert services.directory.suspended == {}
    await admin.submit(f"/console/watching/{site}/lift")
    assert admin.status == 409
    log = await admin.open("/console/log")
    assert "Ada let automatic verdicts of News be given again" in log


async def test_moderators_are_told_and_not_led_to_what_they_cannot_see(
    visitor: Visitor, site: SiteId, services: Services
) -> None:
    await alarm(services, site)
    await visitor.open("/console")
    page = await visitor.sign_in()

    assert "The numbers of News have moved" in page
    assert "/console/watching" not in page


async def test_somebody_of_another_site_is_not_told(visitor: Visitor, site: SiteId, services: Services) -> None:
    other = (await manage.add_site(services, OPERATOR, "Sport")).site.id
    await manage.add_person(services, OPERATOR, "Sam", Role.ADMIN, password=PASSWORD, only_sites=[other])
    await alarm(services, site)
    await visitor.open("/console")
    page = await visitor.sign_in("Sam")

    assert "have moved" not in page
    assert "News" not in await visitor.open("/console/watching")
    await visitor.open(f"/console/watching?site={site}")
    assert visitor.status == 404
    await visitor.open("/console/watching")
    await visitor.submit(f"/console/watching/{site}/lift")
    assert visitor.status == 404


async def test_a_service_that_only_tells_says_so(admin: Visitor, site: SiteId, services: Services) -> None:
    services.settings = replace(services.settings, on_drift="tell")
    await alarm(services, site)

    page = await admin.open("/console/watching")

    assert "The numbers of News have moved. The machine goes on deciding alone." in page
    assert "This service is set to tell only" in page


async def test_the_site_with_an_alarm_comes_first(admin: Visitor, site: SiteId, services: Services) -> None:
    await manage.add_site(services, OPERATOR, "Arts")
    assert "What automatic verdicts of Arts rest on" in await admin.open("/console/watching")

    await alarm(services, site)

    assert "What automatic verdicts of News rest on" in await admin.open("/console/watching")


async def test_a_service_without_sites_has_nothing_to_watch(admin: Visitor) -> None:
    assert "There is no site yet." in await admin.open("/console/watching")


def test_measures_have_names() -> None:
    assert measure_name("score.identity_attack") == "scores of identity attack"
    assert measure_name("audit.approve") == "errors in what the machine approves"
    assert measure_name("something new") == "something new"


def test_a_broken_promise_has_no_room_before_its_limit() -> None:
    assert part_of_limit(FAR) == pytest.approx(1.6)
    assert part_of_limit(Figure(measure="held", value=0.0, usual=0.15, limit=0.3, level=Level.ALARM)) == 1.0
    assert part_of_limit(Figure(measure="x", value=0.2, usual=0.1, limit=0.05, level=Level.ALARM)) == 0.0
