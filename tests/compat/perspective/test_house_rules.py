"""LIKELY_TO_REJECT: what this site's own people reject, where its model has learned that."""

import pytest

from moderator.classifier.scorer import Scorer
from moderator.services import Services, load_models
from moderator.usecases import models as using
from tests.compat.perspective.conftest import Caller
from tests.learned import publish_learned
from tests.tiny import publish_tiny
from tests.usecases.conftest import OPERATOR

pytestmark = pytest.mark.anyio


async def test_it_is_offered_to_the_site_whose_model_has_learned_it(caller: Caller, light_services: Services) -> None:
    services = light_services
    publish_tiny(services.models_folder)
    publish_learned(services.models_folder, "learned-1")
    services.scorer = Scorer(None)
    load_models(services)
    text = "Wibbly wobbly. The minister explains the budget."
    refused = await caller.analyze(text, "LIKELY_TO_REJECT")
    assert refused.status_code == 400
    assert "Unknown requested attribute" in refused.text
    (site,) = services.directory.sites
    await using.activate_model(services, OPERATOR, "learned-1", site)
    answer = await caller.analyze(text, "LIKELY_TO_REJECT", "SPAM", spanAnnotations=True)
    found = answer.json()["attributeScores"]
    rules = services.scorer_of(site).house_rules(text)
    assert rules is not None
    assert found["LIKELY_TO_REJECT"]["summaryScore"]["value"] == pytest.approx(rules, abs=1e-6)
    first, second = found["LIKELY_TO_REJECT"]["spanScores"]
    assert first["score"]["value"] > second["score"]["value"]
    assert set(found) == {"LIKELY_TO_REJECT", "SPAM"}
    again = await caller.analyze(text, "SPAM")
    assert again.json()["attributeScores"]["SPAM"]["summaryScore"] == found["SPAM"]["summaryScore"]
