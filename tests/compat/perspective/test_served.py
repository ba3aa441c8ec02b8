"""The protocol as it is served: raw and escaped colons on the wire, and Google's client from our own document."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError

from tests.compat.tables import row_counts_in
from tests.server import Service
from tests.tiny import publish_tiny

INSULT = "You are a total moron!"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("served")
    publish_tiny(folder / "models", languages=["en"])
    found = Service(folder)
    found.key = found.json("site", "add", "News")["key"]
    try:
        yield found.start()
    finally:
        found.close()


@pytest.mark.parametrize("colon", [":", "%3A", "%3a"])
@pytest.mark.parametrize("name", ["analyze", "suggestscore"])
def test_the_colon_comes_raw_and_escaped(service: Service, name: str, colon: str) -> None:
    more: dict[str, object] = {"attributeScores": {"INSULT": {"summaryScore": {"value": 1}}}}
    if name == "analyze":
        more = {"requestedAttributes": {"INSULT": {}}}
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)) as connection:
        body = json.dumps({"comment": {"text": INSULT}, **more})
        connection.request("POST", f"/v1alpha1/comments{colon}{name}?key={service.key}", body)
        answer = connection.getresponse()

        assert answer.status == 200, answer.read()
        assert json.loads(answer.read())["detectedLanguages"]


def test_googles_client_works_from_our_document(service: Service) -> None:
    where = f"{service.url}/$discovery/rest?version=v1alpha1"
    with discovery.build(
        "commentanalyzer", "v1alpha1", developerKey=service.key, discoveryServiceUrl=where, static_discovery=False
    ) as client:
        before = row_counts_in(service.database)
        body: dict[str, Any] = {
            "comment": {"text": f"{INSULT} \ud83d", "type": "PLAIN_TEXT"},
            "requestedAttributes": {"INSULT": {}, "SPAM": {"scoreThreshold": 0.5}},
            "languages": ["en"],
            "doNotStore": True,
            "clientToken": "comment-12",
        }
        answer = client.comments().analyze(body=body).execute()
        assert list(answer["attributeScores"]) == ["INSULT"]
        assert answer["attributeScores"]["INSULT"]["summaryScore"]["value"] > 0.5
        assert answer["clientToken"] == "comment-12"
        assert row_counts_in(service.database) == before

        with pytest.raises(HttpError, match="Unknown requested attribute: FLIRTATION"):
            client.comments().analyze(body={**body, "requestedAttributes": {"FLIRTATION": {}}}).execute()

        scores = {"THREAT": {"summaryScore": {"value": 0}}}
        suggested = client.comments().suggestscore(body={"comment": {"text": "I beg you."}, "attributeScores": scores})
        assert suggested.execute() == {"detectedLanguages": ["und"]}
        assert row_counts_in(service.database) == {**before, "feedback": before["feedback"] + 1}
