"""The receiver's code in docs/webhooks.md is run, so that it cannot be wrong for long."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderator.webhooks.signing import new_secret, sign

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
SECRET, OLD, STRANGER = (new_secret(lambda count, number=number: bytes([number]) * count) for number in range(3))
BODY = '{"data":"€"}'.encode()


@pytest.fixture
def is_genuine() -> Callable[[str, dict[str, str], bytes], bool]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, PAGE.name, "exec"), names)
    return names["is_genuine"]  # type: ignore[return-value]


def headers_at(moment: datetime, *secrets: str) -> dict[str, str]:
    return dict(sign(secrets=secrets, event_id="e1", sent_at=moment, body=BODY))


def test_the_python_receiver_accepts_ours(is_genuine: Callable[[str, dict[str, str], bytes], bool]) -> None:
    headers = headers_at(datetime.fromtimestamp(time.time(), UTC), SECRET, OLD)

    assert is_genuine(SECRET, headers, BODY)
    assert is_genuine(OLD, headers, BODY)


def test_the_python_receiver_refuses_the_rest(is_genuine: Callable[[str, dict[str, str], bytes], bool]) -> None:
    now = datetime.fromtimestamp(time.time(), UTC)
    headers = headers_at(now, SECRET)

    assert not is_genuine(STRANGER, headers, BODY)
    assert not is_genuine(SECRET, headers, BODY + b" ")
    assert not is_genuine(SECRET, {**headers, "webhook-id": "e2"}, BODY)
    assert not is_genuine(SECRET, {**headers, "webhook-signature": "v1,é"}, BODY)
    assert not is_genuine(SECRET, {**headers, "webhook-timestamp": "soon"}, BODY)
    assert not is_genuine(SECRET, headers_at(now - timedelta(minutes=6), SECRET), BODY)
    assert not is_genuine(SECRET, headers_at(now + timedelta(minutes=6), SECRET), BODY)
