"""The log: events with fields, as JSON or as lines; identifiers only, whatever goes wrong."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from moderator.log import set_up_logging
from moderator.settings import Settings
from tests.server import Service

TEXT = "An utterly private remark about my neighbour."


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """The logging of the other tests comes back afterwards."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**kept)
    root.handlers = handlers
    root.setLevel(level)


def _fail_with(text: str) -> Exception:
    try:
        assert text
        int("x")
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("source", ["our_own", "a_library"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_failure_is_logged_with_its_place_and_without_anybodys_text(
    capsys: pytest.CaptureFixture[str], form: str, source: str
) -> None:
    set_up_logging(Settings(log=form))
    error = _fail_with(TEXT)
    if source == "our_own":
        structlog.get_logger().error("unhandled_error", request_id="r-1", exc_info=error)
    else:
        logging.getLogger("uvicorn.error").error("Exception in application", exc_info=error)
    logged = capsys.readouterr().err
    assert "ValueError" in logged
    assert "_fail_with" in logged, "the traceback is missing"
    assert TEXT not in logged
    if form == "json":
        assert "Traceback" in json.loads(logged)["exception"]


def test_json_has_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(Settings(log="json"))
    structlog.get_logger().info("model_loaded", version="base-1")
    logging.getLogger("a.library").warning("it said %s", "so")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["version"], ours["level"]) == ("model_loaded", "base-1", "info")
    assert (theirs["event"], theirs["level"]) == ("it said so", "warning")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", ours["timestamp"])


@pytest.mark.parametrize(("level", "events"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_the_level_says_what_is_left_out(capsys: pytest.CaptureFixture[str], level: str, events: int) -> None:
    set_up_logging(Settings(log="json", log_level=level))
    logger = structlog.get_logger()
    logger.debug("one")
    logger.info("two")
    logger.warning("three")
    assert len(capsys.readouterr().err.splitlines()) == events


def test_a_day_in_the_service_leaves_no_personal_data_in_its_log(tmp_path: Path) -> None:
    service = Service(tmp_path, log="json", log_level="debug")
    author = {"id": "author-7731", "name": "Jane Roe", "email": "jane@roe.example", "ip": "203.0.113.77"}
    try:
        added = service.json("site", "add", "News", "--origin", "https://news.example")
        person = service.json("person", "add", "Anna", "--role", "admin")
        service.start()
        key, token = added["key"], person["token"]
        comment = {"text": TEXT, "author": author, "external_id": "wp-1"}
        _, outcome = service.request("POST", "/v1/comments", comment, key)
        service.request("POST", "/v1/comments", {**comment, "text": TEXT + " Again."}, key)
        service.request("POST", "/v1/comments", {"text": [TEXT], "author": author}, key)
        service.request("POST", "/v1/comments", {"text": TEXT}, "sk_wrong-key-0000")
        service.request("GET", "/v1/nothing", key=key)
        service.request("POST", f"/v1/comments/{outcome['id']}/reports", {"reason": "insult", "note": TEXT}, key)
        service.request("POST", "/v1/cases/claim", {"count": 1}, token)
        service.run("erase", outcome["id"])
        service.run("policy", "set", "News", "-", text='{"banned_phrases": 5}')
        assert service.stop() == 0
        lines = [json.loads(line) for line in service.said().splitlines()]
    finally:
        service.close()
    assert {line["event"] for line in lines} >= {"serving", "stopped"}
    secrets = [TEXT, *author.values(), key, token, person["password"], added["public_key"], "sk_wrong-key-0000"]
    assert [secret for secret in secrets if secret in service.said()] == []
