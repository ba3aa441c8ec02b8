"""Our WordPress plugin by itself: where requests go, and what an answer becomes.

In whole WordPresses it was tried by hand: tests/compat/transcripts/wordpress-akismet-*.json.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.compat.recorder import Answer, Recorder, plain
from tests.docs.blocks import FOLDER
from tests.server import free_port

PLUGIN = FOLDER / "wordpress" / "moderator-akismet.php"
WORDPRESS = Path(__file__).parent / "wordpress.php"
CHECK = "https://rest.akismet.com/1.1/comment-check"
FORM = {"method": "POST", "headers": {"Host": "rest.akismet.com"}, "body": "comment_content=Hi&api_key=abc123def456"}

pytestmark = pytest.mark.skipif(
    shutil.which("php") is None, reason="the WordPress plugin needs php, and there is none on this machine"
)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder().running() as recorder:
        recorder.answer = lambda _target: plain("false", x_akismet_guid="g1")
        yield recorder


def run(**asked: Any) -> Any:
    """Return what tests/docs/wordpress.php prints."""
    done = subprocess.run(
        ["php", str(WORDPRESS), json.dumps({"plugin": str(PLUGIN), **asked})],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def ask(url: str, args: dict[str, Any], **more: str) -> Any:
    """Return what WordPress would get for a request."""
    return run(url=url, args=args, **more)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_request_for_akismet_goes_to_the_service(recorder: Recorder, scheme: str) -> None:
    answer = ask(f"{scheme}://rest.akismet.com/1.1/verify-key?a=1&b=2", FORM, base=recorder.url + "/")

    (sent,) = recorder.requests
    assert (sent["method"], sent["target"]) == ("POST", "/1.1/verify-key?a=1&b=2")
    assert sent["headers"]["host"].partition(":")[0] == "127.0.0.1"
    assert sent["body"] == FORM["body"]
    assert answer["body"] == "false"


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("comment_content=Hi", "AbC123def456"),
        ({"comment_content": "Hi"}, "AbC123def456"),
        ("comment_content=Hi&api_key=another", "another"),
        ({"comment_content": "Hi", "api_key": "another"}, "another"),
        ("key=another", "another"),
        (None, "AbC123def456"),
    ],
)
def test_a_key_in_the_host_moves_into_the_form(recorder: Recorder, body: object, key: str) -> None:
    url = "https://AbC123def456.rest.akismet.com/1.1/submit-spam"

    ask(url, {"method": "POST", "body": body}, base=recorder.url)

    fields = dict(parse_qsl(recorder.requests[0]["body"]))
    assert [fields[name] for name in ("api_key", "key") if name in fields] == [key]


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "rest.akismet.com.localhost:{port}"])
def test_other_requests_pass(recorder: Recorder, host: str) -> None:
    url = f"http://{host}/1.1/comment-check".format(port=free_port())

    answer = ask(url, FORM, base=recorder.url)

    assert answer["code"] == "http_request_failed"  # Asked where it was meant for, where nobody is.
    assert recorder.requests == []


@pytest.mark.parametrize("base", [None, "", "moderate.news.example", "ftp://moderate.news.example"])
def test_without_an_address_a_comment_goes_nowhere_and_waits(base: str | None) -> None:
    answer = ask(CHECK, FORM, **({} if base is None else {"base": base}))

    assert answer["body"] not in ("true", "false")
    assert answer["headers"]["x-akismet-guid"]


def test_without_an_answer_a_comment_waits() -> None:
    answers = [ask(CHECK, FORM, base=f"http://127.0.0.1:{free_port()}") for _ in range(2)]

    assert {answer["body"] for answer in answers} == {"no answer"}
    assert len({answer["headers"]["x-akismet-guid"] for answer in answers}) == 2


@pytest.mark.parametrize("body", ["invalid", "<html>Bad gateway</html>", "false"])
def test_an_answer_without_a_guid_gets_one(recorder: Recorder, body: str) -> None:
    recorder.answer = lambda _target: Answer(status=502 if "<" in body else 200, body=body)

    answer = ask(CHECK, FORM, base=recorder.url)

    assert answer["body"] == body
    assert answer["headers"]["x-akismet-guid"]


def test_an_answer_with_a_guid_stays_as_it_is(recorder: Recorder) -> None:
    recorder.answer = lambda _target: plain("true", x_akismet_guid="g2", x_akismet_pro_tip="discard")

    answer = ask(CHECK, FORM, base=recorder.url)

    assert answer["body"] == "true"
    assert answer["headers"]["x-akismet-guid"] == "g2"
    assert answer["headers"]["x-akismet-pro-tip"] == "discard"


def test_only_answers_about_comments_are_made_up() -> None:
    answer = ask("https://rest.akismet.com/1.1/verify-key", FORM, base=f"http://127.0.0.1:{free_port()}")

    assert answer["code"] == "http_request_failed"


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({}, ["7"]),
        ({"signed_in": False}, []),  # The callback, or the plugin's own check: we know already.
        ({"checked": False}, []),
        ({"from": "spam"}, []),  # The plugin reports that itself.
        ({"to": "trash"}, []),
    ],
    ids=["approved", "by nobody", "never asked about", "from spam", "into the bin"],
)
def test_an_approval_of_a_waiting_comment_is_reported(change: dict[str, Any], reported: list[str]) -> None:
    happened = {"from": "unapproved", "to": "approved", "signed_in": True, "checked": True, **change}

    assert run(**happened) == reported


@pytest.mark.parametrize(
    ("decided", "asked", "left"),
    [
        ((), [1, 2, 3, 4, 1], [2, 3, 4, 1]),
        ((3,), [1, 2, 3, 4, 1], [2, 4, 1]),
        ((2, 4), [1, 2, 3, 4, 1], [3, 1]),
        ((1, 2, 3, 4), [1, 2, 3, 4], []),
    ],
    ids=["none", "one", "two", "all"],
)
def test_one_that_waits_does_not_hold_up_the_others(
    recorder: Recorder, decided: tuple[int, ...], asked: list[int], left: list[int]
) -> None:
    def verdict(_target: str) -> Answer:
        comment = int(dict(parse_qsl(recorder.requests[-1]["body"]))["comment_ID"])
        return plain("false" if comment in decided else "Held: a person will decide.", x_akismet_guid="g")

    recorder.answer = verdict

    done = run(base=recorder.url, waiting=[1, 2, 3, 4])

    assert done["asked"] == asked
    assert done["left"] == left
    assert done["loud"] == sorted(decided)  # No e-mail about those that still wait.


def test_without_an_answer_cron_stops_at_once() -> None:
    done = run(base=f"http://127.0.0.1:{free_port()}", waiting=[1, 2, 3])

    assert done == {"asked": [1], "loud": [1, 2, 3], "left": [1, 2, 3]}
