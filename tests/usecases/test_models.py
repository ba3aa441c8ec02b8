"""Versions in use, for all sites and for one; and on trial, from the first comment to use or to the reason against."""

from dataclasses import replace

import pytest

from moderator.background import audit_start, reload
from moderator.classifier import registry
from moderator.classifier.delta import FILE_NAME
from moderator.classifier.model import Model
from moderator.classifier.pointers import SHARED, Trial
from moderator.classifier.scorer import Scorer
from moderator.domain.comments import Comment
from moderator.domain.errors import Conflict, ModelRefused, NotFound
from moderator.domain.events import ActorKind, AuditAction
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action
from moderator.domain.scoring import Label
from moderator.domain.shadow import Ending
from moderator.services import Services, load_models, new_services
from moderator.storage import audit
from moderator.storage.audit import Entry
from moderator.storage.shadow import Comparison
from moderator.usecases import manage, models, shadow
from moderator.usecases.moderate import moderate, moderate_many
from tests.builders import a_comment, a_policy
from tests.fakes import Clock
from tests.learned import publish_learned
from tests.tiny import publish_tiny
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio
WORDS = "wibbly wobbly"
PLAIN = ("The minister explains the budget.", "Parliament delays the vote.", "The author ignores the harvest.")


@pytest.fixture
def base(services: Services) -> str:
    version = publish_tiny(services.models_folder)
    services.scorer = Scorer(None)
    load_models(services)
    return version


@pytest.fixture
def learned(services: Services, base: str) -> str:
    return publish_learned(services.models_folder, "learned-1", WORDS, amount=9.0)


@pytest.fixture
async def other_site(services: Services) -> SiteId:
    return await _add_site(services, "Other")


@pytest.fixture
async def site(services: Services) -> SiteId:
    return await _add_site(services, "News")


async def _add_site(services: Services, name: str) -> SiteId:
    added = await manage.add_site(services, OPERATOR, name)
    await manage.set_policy(services, OPERATOR, added.site.id, replace(a_policy(), duplicate_limit=0, campaign_limit=0))
    return added.site.id


async def _entries(services: Services) -> list[Entry]:
    async with services.database.read() as connection:
        found = await audit.recent(connection, limit=50)
    return [entry for _, entry in reversed(found) if entry.subject_kind == "model"]


async def _acts(services: Services) -> list[tuple[AuditAction, str, str | None]]:
    return [(entry.action, entry.subject_id, entry.site_id) for entry in await _entries(services)]


def _comment(site: SiteId, text: str = WORDS) -> Comment:
    return a_comment(text, site_id=site)


async def _send(services: Services, site: SiteId, *texts: str) -> list[Action]:
    found = []
    for text in texts:
        services.author_rates.__init__()  # type: ignore[misc]  # Nobody sends too much here.
        found.append((await moderate(services, _comment(site, text))).outcome.verdict)
    return found


async def _only(services: Services) -> Comparison:
    (found,) = await shadow.comparisons(services)
    return found


# In use


async def test_a_site_is_scored_by_its_own_model_and_the_others_are_not(
    services: Services, site: SiteId, other_site: SiteId, base: str, learned: str
) -> None:
    assert await models.activate_model(services, OPERATOR, learned, site) == learned
    assert models.version_of(services, site) == learned
    assert models.version_of(services, other_site) == models.version_of(services, None) == base
    own, others = await moderate_many(services, [_comment(site), _comment(other_site)])
    alone = await moderate(services, _comment(site))
    for one, version in ((own, learned), (others, base), (alone, learned)):
        model = registry.load_version(services.models_folder, version)
        assert not isinstance(one, Exception)
        assert one.outcome.model == version
        assert one.outcome.scores[Label.TOXIC] == pytest.approx(float(model.scores(WORDS)[0]))
    assert own.outcome.verdict is Action.REJECT  # type: ignore[union-attr]
    assert await _acts(services) == [(AuditAction.MODEL_ACTIVATED, learned, site)]


async def test_a_site_goes_back_to_what_all_sites_use(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    await models.activate_model(services, OPERATOR, learned, site)
    assert await models.rollback_model(services, OPERATOR, site) == SHARED
    assert models.version_of(services, site) == base
    await models.activate_model(services, OPERATOR, learned)
    assert models.version_of(services, site) == learned
    assert await models.rollback_model(services, OPERATOR) == base
    assert (await _acts(services))[1:] == [
        (AuditAction.MODEL_ROLLED_BACK, SHARED, site),
        (AuditAction.MODEL_ACTIVATED, learned, None),
        (AuditAction.MODEL_ROLLED_BACK, base, None),
    ]


async def test_a_site_is_told_to_use_what_all_sites_use(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    await models.activate_model(services, OPERATOR, learned, site)
    await models.activate_model(services, OPERATOR, SHARED, site)
    assert services.scorer_of(site).version == base
    assert (await _acts(services))[-1] == (AuditAction.MODEL_ACTIVATED, SHARED, site)


async def test_what_is_not_there_is_not_activated(services: Services, site: SiteId, base: str, learned: str) -> None:
    nobody = SiteId("nobody")
    with pytest.raises(NotFound):
        await models.activate_model(services, OPERATOR, "unknown-1", site)
    with pytest.raises(NotFound):
        await models.activate_model(services, OPERATOR, learned, nobody)
    with pytest.raises(NotFound):
        await models.rollback_model(services, OPERATOR, nobody)
    with pytest.raises(Conflict):
        await models.rollback_model(services, OPERATOR, site)
    (services.models_folder / learned / FILE_NAME).write_bytes(b"damaged")
    with pytest.raises(ModelRefused):
        await models.activate_model(services, OPERATOR, learned, site)
    assert await _entries(services) == []
    assert models.version_of(services, site) == base


async def test_a_site_keeps_to_the_shared_one_while_its_own_is_broken(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    registry.activate(services.models_folder, learned, site)
    (services.models_folder / learned / FILE_NAME).write_bytes(b"damaged")
    assert await reload(services) == 0
    assert await reload(services) == 0
    assert models.version_of(services, site) == base
    assert services.model_refused is None
    assert await _acts(services) == [(AuditAction.MODEL_REFUSED, base, site)]


async def test_what_a_script_made_current_is_taken_up_and_recorded_once_by_all_workers(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    another = new_services(services.settings, services.database, Scorer(None), now=services.now)
    await reload(another)
    registry.activate(services.models_folder, learned, site)
    registry.activate(services.models_folder, learned)
    assert await reload(services) >= 2
    await reload(another)
    assert another.scorer_of(site).version == services.scorer_of(site).version == learned
    entries = [entry for entry in await _entries(services) if entry.subject_id == learned]
    assert sorted(str(entry.site_id) for entry in entries) == sorted(["None", site])
    assert {entry.actor.kind for entry in entries} == {ActorKind.SERVICE}
    await models.rollback_model(services, OPERATOR, site)
    await reload(another)
    assert (await _acts(services))[-1] == (AuditAction.MODEL_ROLLED_BACK, SHARED, site)


async def test_what_became_current_while_nobody_ran_is_recorded_at_the_start(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    await audit_start(services)
    assert await _entries(services) == []  # A new service says nothing of what it came with.
    await models.activate_model(services, OPERATOR, learned)
    registry.rollback(services.models_folder)
    registry.activate(services.models_folder, learned, site)
    load_models(services)
    await audit_start(services)
    await audit_start(services)
    assert await _acts(services) == [
        (AuditAction.MODEL_ACTIVATED, learned, None),
        (AuditAction.MODEL_ACTIVATED, base, None),
        (AuditAction.MODEL_ACTIVATED, learned, site),
    ]


# On trial


async def test_a_trial_changes_no_answer_and_counts_what_would_be_another(
    services: Services, site: SiteId, base: str, learned: str, clock: Clock
) -> None:
    before = await _send(services, site, WORDS, "The minister explains the budget.")
    await models.start_trial(services, OPERATOR, learned)
    assert await _send(services, site, WORDS, "The minister explains the budget.") == before
    assert len(services.watched) == 2
    assert await shadow.compare_waiting(services) == 2
    assert await shadow.compare_waiting(services) == 0
    found = await _only(services)
    assert found.run.against == base
    assert found.verdicts == {(Action.APPROVE, Action.APPROVE): 1, (Action.HOLD, Action.REJECT): 1}
    assert found.moved[Label.TOXIC].largest > 0.5
    assert found.moved[Label.SPAM].largest == pytest.approx(0.0, abs=1e-6)
    assert [flip.turn.after for flip in found.flipped] == [Action.REJECT]
    said = shadow.comparison_to_dict(found)
    assert (said["flips"], said["comments"], said["ended"], said["site"]) == (1, 2, None, None)
    assert await models.stop_trial(services, OPERATOR) == learned
    assert services.candidates == {}
    assert (await _only(services)).run.ending is Ending.STOPPED
    assert await _acts(services) == [
        (AuditAction.MODEL_SHADOWED, learned, None),
        (AuditAction.MODEL_SHADOW_ENDED, learned, None),
    ]


async def test_a_repeated_comment_is_not_compared_twice(services: Services, site: SiteId, learned: str) -> None:
    await models.start_trial(services, OPERATOR, learned)
    comment = a_comment(WORDS, site_id=site, external_id="wp-1")
    for _ in range(2):
        await moderate(services, comment)
    assert len(services.watched) == 1


async def test_a_trial_of_all_sites_leaves_out_those_with_their_own(
    services: Services, site: SiteId, other_site: SiteId, base: str, learned: str
) -> None:
    await models.activate_model(services, OPERATOR, learned, site)
    await models.start_trial(services, OPERATOR, learned)
    await models.start_trial(services, OPERATOR, base, site)
    with pytest.raises(Conflict, match="in use"):
        await models.start_trial(services, OPERATOR, learned, site)
    await _send(services, site, WORDS)
    await _send(services, other_site, WORDS, WORDS)
    await shadow.compare_waiting(services)
    found = {one.run.scope: one.comments for one in await shadow.comparisons(services)}
    assert found == {None: 2, site: 1}
    await models.stop_trial(services, OPERATOR)
    await _send(services, other_site, WORDS)
    assert not services.watched


async def test_what_was_answered_by_another_version_since_is_not_compared(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    third = publish_learned(services.models_folder, "learned-2", "flim flam")
    await models.start_trial(services, OPERATOR, learned)
    await _send(services, site, WORDS)
    await models.activate_model(services, OPERATOR, third)
    assert await shadow.compare_waiting(services) == 1
    await _send(services, site, WORDS)
    await models.stop_trial(services, OPERATOR)
    assert await shadow.compare_waiting(services) == 1
    assert (await _only(services)).comments == 0


async def test_what_is_too_much_is_dropped_and_counted(
    services: Services, site: SiteId, learned: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "MOST_WAITING", 1)
    await models.start_trial(services, OPERATOR, learned)
    await _send(services, site, "One.", "Two.", "Three.")
    assert len(services.watched) == 1
    await shadow.settle(services)
    await shadow.settle(services)
    assert (await _only(services)).run.dropped == 2


async def test_without_a_score_there_is_nothing_to_compare(services: Services, site: SiteId, learned: str) -> None:
    await models.start_trial(services, OPERATOR, learned)
    services.scorer = Scorer(None)
    assert await _send(services, site, WORDS) == [Action.HOLD]
    assert not services.watched


async def test_a_trial_needs_a_version_that_loads_and_one_at_a_time(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    third = publish_learned(services.models_folder, "learned-2", "flim flam")
    with pytest.raises(NotFound):
        await models.start_trial(services, OPERATOR, "unknown-1")
    with pytest.raises(NotFound):
        await models.start_trial(services, OPERATOR, learned, SiteId("nobody"))
    with pytest.raises(Conflict, match="No version is on trial"):
        await models.stop_trial(services, OPERATOR, site)
    await models.start_trial(services, OPERATOR, learned)
    await models.start_trial(services, OPERATOR, third)
    assert services.candidates[None].trial.version == third
    endings = {one.run.version: one.run.ending for one in await shadow.comparisons(services)}
    assert endings == {learned: Ending.STOPPED, third: None}


# Promotion


@pytest.fixture
def enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three comments be enough."""
    monkeypatch.setattr("moderator.domain.shadow.ENOUGH_COMMENTS", 3)


@pytest.mark.usefixtures("enough")
async def test_what_stands_its_trial_is_put_to_use(services: Services, site: SiteId, base: str, learned: str) -> None:
    started = Trial(version=learned, started_ms=1_000, promotes=True)
    registry.start_trial(services.models_folder, started, site)  # As a run of learning does.
    await reload(services)
    assert await shadow.settle(services) == 0
    await _send(services, site, *PLAIN[:2])
    await shadow.compare_waiting(services)
    assert await shadow.settle(services) == 0
    assert models.version_of(services, site) == base
    await _send(services, site, PLAIN[2])
    await shadow.compare_waiting(services)
    assert await shadow.settle(services) == 1
    assert models.version_of(services, site) == learned
    assert services.candidates == {}
    assert registry.find_trial(services.models_folder, site) is None
    assert (await _only(services)).run.ending is Ending.PROMOTED
    assert await _acts(services) == [
        (AuditAction.MODEL_SHADOWED, learned, site),
        (AuditAction.MODEL_SHADOW_ENDED, learned, site),
        (AuditAction.MODEL_ACTIVATED, learned, site),
    ]
    assert await models.rollback_model(services, OPERATOR, site) == SHARED


@pytest.mark.usefixtures("enough")
async def test_what_changes_too_many_verdicts_is_kept_back(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    await models.start_trial(services, OPERATOR, learned, promotes=True)
    await _send(services, site, "One.", "Two.", WORDS)
    await shadow.compare_waiting(services)
    assert await shadow.settle(services) == 1
    assert models.version_of(services, site) == base
    assert registry.find_trial(services.models_folder) is None
    assert (await _only(services)).run.ending is Ending.KEPT_BACK
    assert (await _entries(services))[-1].detail == {"ending": "kept_back"}


@pytest.mark.usefixtures("enough")
async def test_what_fails_a_check_at_the_end_is_not_put_to_use(
    services: Services, site: SiteId, base: str, learned: str
) -> None:
    await models.start_trial(services, OPERATOR, learned, promotes=True)
    await _send(services, site, *PLAIN)
    await shadow.compare_waiting(services)
    (services.models_folder / learned / FILE_NAME).write_bytes(b"damaged")
    assert await shadow.settle(services) == 1
    assert models.version_of(services, None) == base
    assert (await _only(services)).run.ending is Ending.REFUSED


@pytest.mark.usefixtures("enough")
async def test_without_being_asked_to_a_trial_promotes_nothing(services: Services, site: SiteId, learned: str) -> None:
    await models.start_trial(services, OPERATOR, learned)
    await _send(services, site, "One.", "Two.", "Three.", "Four.")
    await shadow.compare_waiting(services)
    assert await shadow.settle(services) == 0
    assert services.candidates[None].trial.version == learned


@pytest.mark.parametrize("chosen", ["learned-1", "learned-2"])
async def test_a_trial_is_over_when_another_version_comes_into_use(
    services: Services, base: str, learned: str, chosen: str
) -> None:
    publish_learned(services.models_folder, "learned-2", "flim flam")
    await models.start_trial(services, OPERATOR, learned, promotes=True)
    await models.activate_model(services, OPERATOR, chosen)
    assert await shadow.settle(services) == 1
    ending = (await _only(services)).run.ending
    assert ending is (Ending.ACTIVATED if chosen == learned else Ending.OVERTAKEN)
    assert services.candidates == {}


async def test_a_trial_that_another_worker_ended_is_left_and_recorded_once(
    services: Services, base: str, learned: str
) -> None:
    another = new_services(services.settings, services.database, Scorer(None), now=services.now)
    await models.start_trial(services, OPERATOR, learned)
    await reload(another)
    candidate = another.candidates[None]
    await models.stop_trial(services, OPERATOR)
    assert another.candidates[None] is candidate
    assert await shadow.settle(another) == 1
    assert another.candidates == {}
    assert (await _acts(services)).count((AuditAction.MODEL_SHADOW_ENDED, learned, None)) == 1


async def test_a_model_without_some_label_moves_only_the_others(services: Services, site: SiteId, learned: str) -> None:
    await models.start_trial(services, OPERATOR, learned)
    model = services.scorer.model
    assert isinstance(model, Model)
    await _send(services, site, WORDS)
    waiting = services.watched.popleft()
    without = {label: score for label, score in waiting.scored.scores.items() if label is not Label.SPAM}
    services.watched.append(replace(waiting, scored=replace(waiting.scored, scores=without)))
    await shadow.compare_waiting(services)
    assert Label.SPAM not in (await _only(services)).moved
