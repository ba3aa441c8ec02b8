"""The golden set is kept by administrators: audited, each sentence once, up to a number."""

import pytest

from moderator.classifier import registry
from moderator.classifier.scorer import Scorer
from moderator.domain.errors import Conflict, InvalidInput, NotFound
from moderator.domain.golden import Wanted
from moderator.domain.ids import ExampleId, SiteId
from moderator.services import Services
from moderator.storage import audit, golden
from moderator.usecases.golden import add_example, remove_example, try_examples
from tests.fakes import FakeScorer
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def _acts(services: Services) -> list[str]:
    async with services.database.read() as connection:
        return [entry.action.value for _, entry in await audit.recent(connection, limit=10)]


async def test_adding_twice_adds_once_and_the_opposite_is_a_conflict(services: Services) -> None:
    first = await add_example(services, OPERATOR, " Well said. ", Wanted.ALLOW, site_id=None)
    assert first.text == "Well said."
    assert await add_example(services, OPERATOR, "Well said.", Wanted.ALLOW, site_id=None) == first
    with pytest.raises(Conflict):
        await add_example(services, OPERATOR, "Well said.", Wanted.BLOCK, site_id=None)
    assert (await _acts(services)).count("example.added") == 1


async def test_a_site_must_be_there_and_so_must_what_is_removed(services: Services) -> None:
    with pytest.raises(NotFound):
        await add_example(services, OPERATOR, "Well said.", Wanted.ALLOW, site_id=SiteId("nowhere"))
    with pytest.raises(NotFound):
        await remove_example(services, OPERATOR, ExampleId("nothing"))


async def test_removing_is_audited(services: Services, site: SiteId) -> None:
    example = await add_example(services, OPERATOR, "Off with you.", Wanted.BLOCK, site_id=site)
    await remove_example(services, OPERATOR, example.id)
    assert (await _acts(services))[:2] == ["example.removed", "example.added"]
    async with services.database.read() as connection:
        assert await golden.list_examples(connection) == []


async def test_there_is_an_end_to_examples(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderator.usecases.golden.MAX_EXAMPLES", 1)
    await add_example(services, OPERATOR, "One.", Wanted.ALLOW, site_id=None)
    with pytest.raises(InvalidInput, match="no more"):
        await add_example(services, OPERATOR, "Two.", Wanted.ALLOW, site_id=None)


async def test_each_is_tried_by_the_thresholds_that_hold_for_it(services: Services, site: SiteId) -> None:
    own = await add_example(services, OPERATOR, "What an idiot.", Wanted.BLOCK, site_id=site)
    shared = await add_example(services, OPERATOR, "What an idiot.", Wanted.ALLOW, site_id=None)
    tried = await try_examples(services, [own, shared])
    assert [one.is_held for one in tried] == [True, False]  # Without a model there are no usual thresholds.
    assert [one.is_right for one in tried] == [True, True]
    services.scorer = FakeScorer(version=None)
    assert [one.is_right for one in await try_examples(services, [own])] == [None]


async def test_the_models_thresholds_are_the_usual_ones(
    services: Services, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tests.tiny import publish_tiny

    models = tmp_path_factory.mktemp("tiny")
    services.scorer = Scorer(registry.load_version(models, publish_tiny(models)))
    example = await add_example(services, OPERATOR, "You will be killed.", Wanted.BLOCK, site_id=None)
    assert [one.is_right for one in await try_examples(services, [example])] == [True]
