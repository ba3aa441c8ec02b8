"""The page about policies names every member with its default and an example that works, and every reason."""

import json
import re
from pathlib import Path

import pytest

from moderator.domain.policy import Policy, Rule
from moderator.storage.policies import policy_to_dict
from moderator.usecases.policies import MEMBERS, check_policy, read_policy

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "policy.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([a-z_]+)` \| `(.*?)` \| (.+) \| `(.*)` \|$", PAGE, re.MULTILINE)


def test_every_member_stands_there_and_none_that_is_not() -> None:
    assert [name for name, *_ in ROWS] == list(MEMBERS)


@pytest.mark.parametrize(("name", "default", "meaning", "example"), ROWS, ids=[row[0] for row in ROWS])
def test_its_default_is_true_and_its_example_is_taken(name: str, default: str, meaning: str, example: str) -> None:
    assert json.loads(default) == policy_to_dict(Policy(version=1))[name]
    changed = read_policy({name: json.loads(example)})
    check_policy(changed)
    assert changed != Policy(version=1)
    assert policy_to_dict(changed)[name] == json.loads(example)


@pytest.mark.parametrize("page", ["policy.md", "api.md"])
def test_every_reason_is_named(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")

    assert [rule for rule in Rule if f"`{rule}`" not in text] == []
