"""Model versions at the console: what they say of themselves, another one in use, and back again."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from moderator.classifier import manifest as manifests
from moderator.classifier.manifest import Curve, Goal, Point, ScoreGroup
from moderator.classifier.registry import activate, read_manifest
from moderator.classifier.scorer import Scorer
from moderator.console.plots import LINE_HEIGHT, LINE_WIDTH, line
from moderator.domain.events import AuditAction
from moderator.domain.ids import SiteId
from moderator.domain.people import Role
from moderator.domain.policy import Action
from moderator.domain.review import ReasonCode, Source
from moderator.domain.scoring import Label
from moderator.domain.shadow import Ending
from moderator.services import Services, load_model
from moderator.storage import audit, comments, decisions
from moderator.storage import shadow as storage
from moderator.storage.comments import Record
from moderator.storage.shadow import Run
from moderator.usecases import manage, shadow
from moderator.usecases import models as using
from moderator.usecases.moderate import moderate
from tests.builders import a_comment, a_policy, an_outcome, sighted
from tests.console.conftest import PASSWORD, Visitor
from tests.fakes import Clock
from tests.learned import publish_learned
from tests.storage.rows import a_decision
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


async def test_a_version_without_groups_says_why_there_is_no_diagram(
    services: Services, admin: Visitor, first: str
) -> None:
    found = read_manifest(services.models_folder, first)
    older = manifests.encode(msgspec.structs.replace(found, reliability={}))
    (services.models_folder / first / manifests.FILE_NAME).write_bytes(older)

    page = await admin.open(f"/console/models/{first}")

    assert "This version was made before the groups of test comments were kept" in page
    assert 'class="diagram"' not in page


async def test_a_version_shows_whether_its_scores_came_true(services: Services, admin: Visitor, first: str) -> None:
    found = read_manifest(services.models_folder, first)
    groups = {Label.SPAM: [ScoreGroup(predicted=0.25, observed=0.125, low=0.0625, high=0.5, rows=1234)]}
    changed = manifests.encode(msgspec.structs.replace(found, reliability=groups))
    (services.models_folder / first / manifests.FILE_NAME).write_bytes(changed)

    page = await admin.open(f"/console/models/{first}")

    assert page.count('class="diagram"') == page.count('class="dot"') == 1
    assert "25.0 % 12.5 % 6.2 % and 50.0 % 1,234" in _text(page)
    assert "style=" not in page


async def _ruled(services: Services, site: SiteId, version: str, *, number: int, rejected: int) -> None:
    """Store comments that a version scored, and what a person decided about them."""
    (anna, *_) = services.directory.people
    async with services.database.transaction() as connection:
        for n in range(number):
            comment = a_comment(comment_id=services.ids.new(), site_id=site, received_at=services.now())
            outcome = replace(an_outcome(comment, verdict=Action.HOLD), model=version)
            await comments.add(connection, [Record(comment=comment, outcome=outcome)])
            action = Action.REJECT if n < rejected else Action.APPROVE
            decision = a_decision(
                comment.id,
                id=services.ids.new(),
                site_id=site,
                source=Source.MODERATOR,
                person_id=anna,
                action=action,
                reason=ReasonCode.SPAM if action is Action.REJECT else None,
                inclusion_probability=0.5 if n == 0 else None,
            )
            await decisions.append(connection, [decision])


async def test_the_version_in_use_is_compared_with_a_sites_own_decisions(
    services: Services, admin: Visitor, first: str, second: str, site: SiteId, clock: Clock
) -> None:
    await _ruled(services, site, first, number=20, rejected=5)
    await _ruled(services, site, second, number=20, rejected=20)
    assert "decisions of the last" not in await admin.open(f"/console/models/{first}")

    text = _text(await admin.open(f"/console/models/{first}?own={site}"))

    assert "20 decisions of the last 30 days on comments that this version scored" in text
    assert "1 of them were drawn by chance" in text
    assert "60.0 % 28.6 %" in text  # 6 of 21: the one that was drawn counts twice.
    await _ruled(services, site, first, number=1, rejected=0)
    assert "20 decisions" in _text(await admin.open(f"/console/models/{first}?own={site}"))
    clock.forward(minutes=2)
    assert "21 decisions" in _text(await admin.open(f"/console/models/{first}?own={site}"))
    await admin.open(f"/console/models/{second}?own={site}")
    assert admin.status == 404
    await admin.open(f"/console/models/{first}?own=nowhere")
    assert admin.status == 404


async def test_too_few_decisions_are_not_drawn(services: Services, admin: Visitor, first: str, site: SiteId) -> None:
    await _ruled(services, site, first, number=9, rejected=5)
    async with services.database.transaction() as connection:
        comment = a_comment(comment_id=services.ids.new(), site_id=site, received_at=services.now())
        outcome = replace(an_outcome(comment, verdict=Action.HOLD), model=first, scores={})
        await comments.add(connection, [Record(comment=comment, outcome=outcome)])

    text = _text(await admin.open(f"/console/models/{first}?own={site}"))

    assert "Too few decisions to draw: 9 in the last 30 days" in text


# For one site, and on trial


@pytest.fixture
def learned(services: Services, first: str) -> str:
    return publish_learned(services.models_folder)


async def test_a_site_gets_a_model_of_its_own_and_goes_back(
    services: Services, admin: Visitor, site: SiteId, first: str, learned: str
) -> None:
    await admin.open(f"/console/models/{learned}")
    page = _text(await admin.submit(f"/console/models/{learned}/activate", in_use=first, site=site))
    assert services.scorer.version == first
    assert services.scorer_of(site).version == learned
    assert "Sites with a model of their own" in page
    assert "Use the model of all sites again" in page
    assert "Sites that use it while the others do not: News" in _text(await admin.open(f"/console/models/{learned}"))
    await admin.open("/console/models")
    back = {"about": "site", "site": site, "in_use": learned}
    await admin.submit("/console/models/rollback", **back)
    assert services.scorer_of(site).version == first
    await admin.submit("/console/models/rollback", **back)
    assert admin.status == 409
    assert services.scorer_of(site).version == first


async def test_a_broken_model_of_a_site_is_told(
    services: Services, admin: Visitor, site: SiteId, first: str, learned: str
) -> None:
    activate(services.models_folder, learned, site)
    (services.models_folder / learned / "delta.joblib").write_bytes(b"damaged")
    load_model(services)
    assert "delta.joblib does not have" in await admin.open("/console/models")


async def test_a_trial_shows_what_would_be_another_verdict_and_is_ended(
    services: Services, admin: Visitor, site: SiteId, first: str, learned: str
) -> None:
    await admin.open(f"/console/models/{learned}")
    page = _text(await admin.submit(f"/console/models/{learned}/trial", site="", promotes="yes"))
    assert f"On trial: {learned}" in page
    assert "It has met no comment yet" in page
    assert "put to use when it has met enough comments" in page
    moderated = await moderate(services, a_comment("wibbly wobbly", site_id=site))
    await moderate(services, a_comment("The minister explains the budget.", site_id=site))
    await shadow.compare_waiting(services)
    page = await admin.open("/console/models")
    found = (await shadow.comparisons(services))[0]
    assert found.comments == 2
    assert f"{found.flips} of 2 verdicts would be others" in _text(page)
    assert (f"/console/comments/{moderated.outcome.comment_id}" in page) == bool(found.flips)
    assert "style=" not in page
    page = _text(await admin.submit("/console/models/trial/stop", site=""))
    assert f"Was on trial: {learned}" in page
    assert "Somebody ended the trial" in page
    log = _text(await admin.open("/console/log"))
    assert f"Ada put the model {learned} on trial" in log
    assert f"Ada ended the trial of the model {learned}" in log


@pytest.mark.parametrize("ending", list(Ending))
async def test_each_ending_is_said_in_words(
    services: Services, admin: Visitor, first: str, learned: str, ending: Ending
) -> None:
    run = Run(scope=SiteId("gone"), version=learned, started=services.now(), against=first, dropped=2)
    async with services.database.transaction() as connection:
        await storage.start(connection, run)
        await storage.add_dropped(connection, run, 2)
        await storage.end(connection, run, ending, services.now())
    page = _text(await admin.open("/console/models"))
    assert f"Was on trial: {learned}" in page
    assert "For gone, beside" in page
    assert "2 comments dropped" in page


async def test_a_trial_of_all_sites_is_not_shown_to_who_sees_some(
    services: Services, visitor: Visitor, site: SiteId, learned: str
) -> None:
    await manage.add_person(services, OPERATOR, "Lim", Role.ADMIN, password=PASSWORD, only_sites=[site])
    await using.start_trial(services, OPERATOR, learned)
    await using.activate_model(services, OPERATOR, learned, site)
    await visitor.sign_in("Lim")
    page = await visitor.open("/console/models")
    assert "On trial" not in page
    assert "Sites with a model of their own" in page
    assert "rollback" not in page


async def test_house_rules_stand_with_a_case_and_a_comment(
    services: Services, admin: Visitor, site: SiteId, learned: str
) -> None:
    await using.activate_model(services, OPERATOR, learned, site)
    text = sighted("The minister explains the budget.")
    policy = a_policy(hold_everything=True)
    await manage.set_policy(services, OPERATOR, site, policy)
    moderated = await moderate(services, a_comment(text, site_id=site))
    rules = services.scorer_of(site).house_rules(text)
    page = _text(await admin.open(f"/console/comments/{moderated.outcome.comment_id}"))
    assert f"as its model knows them now: {rules:.2f}" in page
    await admin.open("/console")
    page = _text(await admin.submit(f"/console/cases/{moderated.outcome.case}/claim"))
    assert f"This site’s own rules: {rules:.2f} likely to be rejected here" in page
