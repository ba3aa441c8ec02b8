"""Model versions at the console: what they say of themselves, another one in use, and back again."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from moderator.classifier import manifest as manifests
from moderator.classifier.manifest import Curve, Goal, Point
from moderator.classifier.registry import read_manifest
from moderator.classifier.scorer import Scorer
from moderator.console.plots import LINE_HEIGHT, LINE_WIDTH, line
from moderator.domain.events import AuditAction
from moderator.domain.people import Role
from moderator.services import Services, load_model
from moderator.storage import audit
from moderator.usecases import manage
from tests.console.conftest import PASSWORD, Visitor
from tests.tiny import publish_tiny
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


@pytest.fixture
def first(services: Services) -> str:
    """The version in use."""
    version = publish_tiny(services.models_folder)
    services.scorer = Scorer(None)
    assert load_model(services)
    return version


@pytest.fixture
def second(services: Services, first: str) -> str:
    """Another version, a day younger, that goes beyond the first one."""
    return _publish(services.models_folder, first, "younger-1")


def _publish(models: Path, first: str, version: str) -> str:
    shutil.copytree(models / first, models / version)
    found = read_manifest(models, first)
    label, sets = next(iter(found.metrics.items()))
    test_set, metric = next(iter(sets.items()))
    better = msgspec.structs.replace(metric, auc=metric.auc - 0.125)
    changed = msgspec.structs.replace(
        found,
        version=version,
        created="2026-12-01",
        metrics={**found.metrics, label: {**sets, test_set: better}},
        goals=[
            Goal(name="<i>reached</i>", goal=0.5, value=0.75, is_met=True),
            Goal(name="missed", goal=0.5, value=0.25, is_met=False),
            Goal(name="unknown", goal=0.5, value=None, is_met=None),
        ],
        curve=Curve(
            abuse=0.1,
            spam=0.1,
            harmless_rows=1,
            breaking_rows=1,
            approved=[Point(share=0.5, risk=0.1, low=0.05, high=0.2), Point(share=1.0, risk=0.2, low=0.1, high=0.4)],
            automated=[],
        ),
    )
    (models / version / manifests.FILE_NAME).write_bytes(manifests.encode(changed))
    return version


@pytest.fixture
async def admin(services: Services, visitor: Visitor) -> Visitor:
    await manage.add_person(services, OPERATOR, "Ada", Role.ADMIN, password=PASSWORD)
    await visitor.sign_in("Ada")
    return visitor


def _text(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page).split())


async def test_moderators_see_no_models(visitor: Visitor, first: str, second: str, services: Services) -> None:
    page = await visitor.sign_in()
    assert "Models" not in page
    for path in ("/console/models", f"/console/models/{first}"):
        await visitor.open(path)
        assert visitor.status == 403
    await visitor.open("/console")
    for path in (f"/console/models/{second}/activate", "/console/models/rollback"):
        await visitor.submit(path, in_use=first)
        assert visitor.status == 403
    assert services.scorer.version == first


async def test_versions_are_listed_the_newest_first(admin: Visitor, first: str, second: str) -> None:
    page = await admin.open("/console/models")
    assert admin.status == 200
    assert page.index(f"/console/models/{second}") < page.index(f"/console/models/{first}")
    text = _text(page)
    assert f"{first} scores every comment now" in text
    assert f"{first} in use" in text
    assert "1 of 3 goals met" in text
    assert "Go back to" not in text  # There is nothing to go back to.


async def test_a_version_shows_how_good_it_is_beside_the_one_in_use(admin: Visitor, first: str, second: str) -> None:
    page = await admin.open(f"/console/models/{second}")
    text = _text(page)
    assert "−0.125" in text
    assert "+0.000" in text
    assert "0.25, missed" in text
    assert "not measured" in text
    assert "&lt;i&gt;reached" in page
    assert "<polyline" in page
    assert "style=" not in page
    page = await admin.open(f"/console/models/{first}")
    assert "+0.000" not in page
    assert "Use this version" not in page
    assert "<polygon" in page or "curve" not in page


async def test_another_version_is_used_and_taken_back(
    services: Services, admin: Visitor, first: str, second: str
) -> None:
    await admin.open(f"/console/models/{second}")
    page = await admin.submit(f"/console/models/{second}/activate", in_use=first)
    assert services.scorer.version == second
    assert f"{second} is in use from the next comment on" in page
    assert f"Yes, go back to {first}" in page
    page = await admin.submit("/console/models/rollback", in_use=second)
    assert services.scorer.version == first
    assert f"{first} is in use from the next comment on" in page
    async with services.database.read() as connection:
        made = [entry for _, entry in await audit.recent(connection, limit=2)]
    assert [(entry.action, entry.subject_id) for entry in made] == [
        (AuditAction.MODEL_ROLLED_BACK, first),
        (AuditAction.MODEL_ACTIVATED, second),
    ]
    assert all(entry.actor.id for entry in made)


async def test_pressed_twice_going_back_does_not_go_forth(
    services: Services, admin: Visitor, first: str, second: str
) -> None:
    await admin.open(f"/console/models/{second}")
    await admin.submit(f"/console/models/{second}/activate", in_use=first)
    old = admin.page
    for _ in range(2):
        admin.page = old
        await admin.submit("/console/models/rollback", in_use=second)
    assert admin.status == 409
    assert services.scorer.version == first


@pytest.mark.parametrize("fields", [{"csrf": "guessed"}, {"in_use": "another"}, {"in_use": ""}])
async def test_a_form_that_is_not_this_pages_does_nothing(
    services: Services, admin: Visitor, first: str, second: str, fields: dict[str, str]
) -> None:
    await admin.open(f"/console/models/{second}")
    await admin.submit(f"/console/models/{second}/activate", **{"in_use": first, **fields})
    assert admin.status in (403, 409)
    assert services.scorer.version == first


async def test_a_version_that_is_not_there_is_not_found(admin: Visitor, first: str) -> None:
    await admin.open("/console/models/nothing")
    assert admin.status == 404
    await admin.open("/console")
    await admin.submit("/console/models/nothing/activate", in_use=first)
    assert admin.status == 404
    await admin.open("/console")
    await admin.submit("/console/models/rollback", in_use=first)
    assert admin.status == 409  # There is none before it.


async def test_a_damaged_version_is_listed_with_its_fault_and_not_used(
    services: Services, admin: Visitor, first: str, second: str
) -> None:
    weights = services.models_folder / second / "weights.joblib"
    weights.write_bytes(b"x" + weights.read_bytes()[1:])
    await admin.open(f"/console/models/{second}")
    page = await admin.submit(f"/console/models/{second}/activate", in_use=first)
    assert admin.status == 409
    assert "does not have the SHA-256" in page
    assert services.scorer.version == first
    (services.models_folder / second / manifests.FILE_NAME).write_bytes(b"{")
    page = await admin.open("/console/models")
    assert admin.status == 200
    assert "is not a manifest" in page
    await admin.open(f"/console/models/{second}")
    assert admin.status == 409


async def test_where_the_one_in_use_cannot_be_read_any_more_others_still_show(
    services: Services, admin: Visitor, first: str, second: str
) -> None:
    (services.models_folder / first / manifests.FILE_NAME).write_bytes(b"{")
    page = await admin.open(f"/console/models/{second}")
    assert admin.status == 200
    assert "+0.000" not in page


async def test_without_any_model_the_page_says_that_people_decide(services: Services, admin: Visitor) -> None:
    services.scorer = Scorer(None)
    page = await admin.open("/console/models")
    assert "No model is in use" in page
    assert "There is no version" in page
    (services.models_folder / "CURRENT").write_text("?")
    load_model(services)
    page = await admin.open("/console/models")
    assert admin.status == 200
    assert "CURRENT names no version" in page


async def test_the_first_model_is_put_to_use(services: Services, admin: Visitor) -> None:
    version = publish_tiny(services.models_folder)
    services.scorer = Scorer(None)
    page = await admin.open(f"/console/models/{version}")
    assert "instead of" not in page
    await admin.submit(f"/console/models/{version}/activate", in_use="")
    assert services.scorer.version == version


def test_a_line_stays_within_its_plot() -> None:
    found = line([(0.0, 0.0, 0.0, 0.1), (1.0, 0.2, 0.1, 0.4)])
    assert found is not None
    assert found.top == 0.4
    assert found.points == f"0.0,{LINE_HEIGHT}.0 {LINE_WIDTH}.0,{LINE_HEIGHT / 2}"
    assert found.band.split()[-1] == f"0.0,{LINE_HEIGHT * 0.75}"
    assert line([]) is None
