"""Models by HTTP: for all sites and for one; and house rules beside the scores."""

import httpx2
import pytest

from moderator.classifier.scorer import Scorer
from moderator.domain.ids import SiteId
from moderator.services import Services, load_models
from moderator.usecases import models as using
from tests.api.conftest import OPERATOR, Secrets
from tests.learned import publish_learned
from tests.tiny import publish_tiny

pytestmark = pytest.mark.anyio


@pytest.fixture
def base(services: Services) -> str:
    version = publish_tiny(services.models_folder)
    services.scorer = Scorer(None)
    load_models(services)
    publish_learned(services.models_folder, "learned-1")
    return version


@pytest.fixture
def site(services: Services, secrets: Secrets) -> SiteId:
    key = services.directory.find_key(secrets.site)
    assert key
    return key.site_id


async def test_a_site_gets_a_model_of_its_own_and_goes_back(
    client: httpx2.AsyncClient, secrets: Secrets, site: SiteId, base: str
) -> None:
    admin = secrets.bearer("admin")
    body = {"site": site}
    answer = await client.post("/v1/models/learned-1/activate", headers=admin, json=body)
    assert answer.json() == {"current": "learned-1", "previous": base, "site": site}
    listed = (await client.get("/v1/models", headers=admin)).json()
    assert listed["current"] == base
    assert {one["version"]: one["sites"] for one in listed["models"]} == {base: [], "learned-1": [site]}
    for who, version in (("site", "learned-1"), ("other_site", base)):
        sent = {"text": "The minister explains the budget."}
        outcome = await client.post("/v1/comments", headers=secrets.bearer(who), json=sent)
        assert outcome.json()["model"] == version
    answer = await client.post("/v1/models/rollback", headers=admin, json=body)
    assert answer.json() == {"current": "shared", "previous": "learned-1", "site": site}
    answer = await client.post("/v1/models/learned-1/activate", headers=admin)
    assert answer.json() == {"current": "learned-1", "previous": base, "site": None}


async def test_a_site_that_is_not_there_changes_nothing(
    client: httpx2.AsyncClient, secrets: Secrets, base: str, services: Services
) -> None:
    admin = secrets.bearer("admin")
    for body, status in (({"site": "nobody"}, 404), ({"site": 5}, 422), ({"unknown": "x"}, 422)):
        for path in ("/v1/models/learned-1/activate", "/v1/models/rollback"):
            assert (await client.post(path, headers=admin, json=body)).status_code == status
    assert services.scorer.version == base
    assert services.site_scorers == {}


async def test_trials_stand_in_the_list(
    client: httpx2.AsyncClient, secrets: Secrets, base: str, services: Services
) -> None:
    await using.start_trial(services, OPERATOR, "learned-1")
    (trial,) = (await client.get("/v1/models", headers=secrets.bearer("admin"))).json()["trials"]
    assert (trial["version"], trial["against"], trial["site"]) == ("learned-1", base, None)
    assert (trial["comments"], trial["flips"], trial["verdicts"], trial["ended"]) == (0, 0, [], None)


async def test_house_rules_stand_beside_the_scores_where_the_sites_model_has_them(
    client: httpx2.AsyncClient, secrets: Secrets, site: SiteId, base: str, services: Services
) -> None:
    await using.activate_model(services, OPERATOR, "learned-1", site)
    texts = ["wibbly wobbly", "The minister explains the budget.", "", "One.", "Two.", "Three."]
    for some in (texts, texts[:2]):
        own = (await client.post("/v1/score", headers=secrets.bearer("site"), json={"texts": some})).json()
        other = (await client.post("/v1/score", headers=secrets.bearer("other_site"), json={"texts": some})).json()
        assert (own["model"], other["model"]) == ("learned-1", base)
        assert all("house_rules" not in one for one in other["results"])
        assert own["results"][0]["house_rules"] > own["results"][1]["house_rules"]
        assert all(0 <= one["house_rules"] <= 1 and len(one["scores"]) == 8 for one in own["results"])
