"""The report's pictures: well-formed, the same each time, and safe to stand inside one page."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest

from training import plots

SVG = "{http://www.w3.org/2000/svg}"
CHANCE = np.random.default_rng(11)
POSITIVE = np.arange(400) < 100
SCORES = 1 / (1 + np.exp(-CHANCE.normal(np.where(POSITIVE, 1.0, -3.0), 1.5)))
POINTS = [(0.1, 0.0), (0.9, 0.2), (0.5, 0.01)]


def _reliability(title: str) -> str:
    return plots.reliability(SCORES, POSITIVE, title)


def _risk_coverage(title: str) -> str:
    return plots.risk_coverage(POINTS, title, marks={"strict": (0.5, 0.01), "balanced": (0.55, 0.05)})


def _score_distribution(title: str) -> str:
    return plots.score_distribution(SCORES, POSITIVE, title, hold_at=0.1, reject_at=0.9)


each = pytest.mark.parametrize("draw", [_reliability, _risk_coverage, _score_distribution])


def _texts(svg: str) -> list[str]:
    return ["".join(one.itertext()).strip() for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def _description(svg: str) -> str:
    return ElementTree.fromstring(svg).findtext(f"{SVG}desc") or ""


@each
def test_the_same_numbers_give_the_same_bytes(draw: Callable[[str], str]) -> None:
    assert draw("toxic") == draw("toxic")


@each
def test_a_picture_names_and_describes_itself(draw: Callable[[str], str]) -> None:
    root = ElementTree.fromstring(draw("Spam & <more> $x$"))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Spam & <more> $x$"
    assert "%" in (description.text or "")


@each
def test_text_stays_text(draw: Callable[[str], str]) -> None:
    assert "Spam & <more> $x$" in _texts(draw("Spam & <more> $x$"))


@each
def test_a_picture_changes_nothing_around_it(draw: Callable[[str], str]) -> None:
    svg = draw("toxic")
    assert svg.startswith("<svg ")
    assert not re.search("<style|<metadata|<script|<!|<[?]", svg)


@each
def test_pictures_on_one_page_share_no_ids(draw: Callable[[str], str]) -> None:
    ids = [re.findall(r' id="([^"]+)"', draw(title)) for title in ("one", "two")]
    assert len(ids[0]) == len(set(ids[0]))
    assert not set(ids[0]) & set(ids[1])


@each
def test_what_is_referred_to_is_there(draw: Callable[[str], str]) -> None:
    svg = draw("toxic")
    used = set(re.findall(r'(?:href="#|url\(#)([\w.-]+)', svg))
    assert used
    assert used <= set(re.findall(r' id="([^"]+)"', svg))


@each
def test_every_colour_is_the_pages_or_stands_on_both_grounds(draw: Callable[[str], str]) -> None:
    svg = draw("toxic")
    assert set(re.findall(r"(?:fill|stroke): ?(#\w+)", svg)) == set()
    for colour in (plots.INK, plots.ACCENT, plots.FAINT):
        assert min(_contrast(colour, "#ffffff"), _contrast(colour, "#0d1117")) >= 3
    assert min(_contrast(plots.INK, "#ffffff"), _contrast(plots.INK, "#0d1117")) >= 4.2


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_groups_of_the_reliability_diagram_are_of_equal_size() -> None:
    scores, positive = np.repeat([0.2, 0.8], 50), np.tile([True, False], 50)
    assert _description(plots.reliability(scores, positive, "t")).count("→ 50.0%") == 10


def test_at_another_share_of_positives_fewer_are_expected() -> None:
    scores, positive = np.repeat([0.2, 0.8], 50), np.tile([True, False], 50)
    assert _description(plots.reliability(scores, positive, "t", prior=0.1)).count("→ 10.0%") == 10


@pytest.mark.parametrize("positive", [np.zeros(30, np.bool_), np.ones(30, np.bool_)])
def test_one_class_alone_can_be_drawn(positive: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    scores = np.linspace(0, 1, 30)
    assert plots.reliability(scores, positive, "t", prior=0.1)
    assert "none." in _description(plots.score_distribution(scores, positive, "t"))


def test_points_are_drawn_from_left_to_right() -> None:
    assert "10.0% → 0.00%, 50.0% → 1.00%, 90.0% → 20.00%" in _description(plots.risk_coverage(POINTS, "t"))


def test_a_curve_without_risk_can_be_drawn() -> None:
    assert plots.risk_coverage([(0.5, 0.0)], "t")


def test_marks_and_thresholds_are_named() -> None:
    assert {"strict", "balanced"} <= set(_texts(_risk_coverage("t")))
    assert {"hold", "reject"} <= set(_texts(_score_distribution("t")))
    only_hold = plots.score_distribution(SCORES, POSITIVE, "t", hold_at=0.001)
    assert "hold" in _texts(only_hold)
    assert "reject" not in _texts(only_hold)
