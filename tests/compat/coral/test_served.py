"""The phase against a service that runs, set up by the command line as an operator would."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.compat.coral.conftest import SECRET, check_answer, sign
from tests.server import Service
from tests.tiny import publish_tiny


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("served")
    publish_tiny(folder / "models")
    service = Service(folder, coral_seconds="10")
    try:
        service.start()
        service.json("site", "add", "News")
        service.json("site", "set", "News", "--phase-secret", SECRET)
        yield service
    finally:
        service.close()


def ask(served: Service, body: str, *secrets: str) -> tuple[int, bytes]:
    """Send a comment as Coral does."""
    question = {
        "action": "NEW",
        "comment": {"body": body, "parentID": None},
        "author": {"id": "baf4e943-3594-4fcc-b2ba-3e8de7a76352", "role": "COMMENTER"},
        "story": {"id": "245b3856-b0a0-4d2f-a6bb-58c71f18d6a6", "url": "https://news.example/posts/a-story/"},
        "site": {"id": "a4bede88-2d2c-4424-bc18-4322a9e285a6"},
        "tenantID": "19ba5794-7eeb-4d46-a81b-c00c61672501",
        "tenantDomain": "coral.news.example",
    }
    raw = json.dumps(question, indent=2).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "Coral Moderation/9.4.1",
        "x-coral-signature": sign(raw, *secrets),
    }
    request = urllib.request.Request(f"{served.url}/coral/moderate", data=raw, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_harmless_comment_is_no_opinion(served: Service) -> None:
    assert ask(served, "<div>The Commission discusses the gas contracts.</div>", SECRET) == (200, b"{}")


def test_a_harmful_comment_is_not_published(served: Service) -> None:
    status, raw = ask(served, "<div>you are a total moron,<br>shut up you clown</div>", SECRET)

    answer = json.loads(raw)
    check_answer(answer)
    assert status == 200
    assert answer["status"] in ("SYSTEM_WITHHELD", "REJECTED")
    assert answer["actions"] == [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]


def test_a_stranger_is_refused(served: Service) -> None:
    status, raw = ask(served, "Hello.", "another secret")

    assert status == 401
    assert set(json.loads(raw)) == {"error"}
