"""The page for operators names every setting and metric, and none that is not there."""

import re
from dataclasses import fields
from pathlib import Path

from moderator.metrics import Metrics
from moderator.settings import HELP, Settings

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


def test_every_setting_stands_there_with_its_default_and_meaning() -> None:
    rows = dict(re.findall(r"^\| `MODERATOR_([A-Z_]+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert set(rows) == {entry.name.upper() for entry in fields(Settings)}
    for entry in fields(Settings):
        default, meaning = rows[entry.name.upper()].split(" | ", 1)
        shown = str(entry.default).lower() if isinstance(entry.default, bool) else str(entry.default)
        assert default == "`" + (shown or '""') + "`"
        assert meaning == HELP[entry.name]


def test_every_metric_that_is_named_is_there() -> None:
    known = {family.name for family in Metrics().registry.collect()}
    named = {name.removesuffix("_total") for name in re.findall(r"`(moderator_[a-z_]+)", PAGE)}
    assert named <= known, named - known
