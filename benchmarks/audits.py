"""How often the interval of the audits holds the truth, on streams of known truth, and what counting would say."""

import random
from collections.abc import Mapping
from typing import Any, Final

from moderator.domain.audits import NEAR_FACTOR
from moderator.domain.binomial import lower_bound, upper_bound
from moderator.domain.estimates import Stratum, estimate

# Errors in a hundred far from a threshold and near one, and the share of verdicts that are near.
SITES: Final[Mapping[str, tuple[float, float, float]]] = {
    "errors near the thresholds": (0.002, 0.05, 0.15),
    "errors everywhere alike": (0.015, 0.015, 0.15),
    "errors far from them": (0.01, 0.0, 0.15),
    "hardly any": (0.0002, 0.004, 0.15),
    "many": (0.03, 0.25, 0.3),
}
LENGTHS: Final = (1_000, 5_000, 25_000)
SHARE: Final = 0.02


def measure(streams: int) -> dict[str, Any]:
    """Return for each kind of site and length of stream how many intervals held the truth, weighted and not."""
    return {name: {length: _held(kind, length, streams) for length in LENGTHS} for name, kind in SITES.items()} | {
        "streams": streams
    }


def _held(kind: tuple[float, float, float], length: int, streams: int) -> dict[str, float]:
    chance = random.Random(f"{kind} {length}")
    weighted = counted = bounded = 0
    width = 0.0
    for _ in range(streams):
        truth, strata = _stream(kind, length, chance)
        found = estimate(strata)
        weighted += found.low <= truth <= found.high
        bounded += truth <= found.bound
        width += found.high - found.low
        wrong, audited = found.wrong, found.audited
        counted += audited > 0 and lower_bound(wrong, audited, 0.975) <= truth <= upper_bound(wrong, audited, 0.975)
    return {"weighted": weighted, "bounded": bounded, "counted": counted, "width": width / streams}


def _stream(kind: tuple[float, float, float], length: int, chance: random.Random) -> tuple[float, list[Stratum]]:
    far, near, share_near = kind
    wrong, drawn = 0, {SHARE: [0, 0], SHARE * NEAR_FACTOR: [0, 0]}
    for _ in range(length):
        is_near = chance.random() < share_near
        is_wrong = chance.random() < (near if is_near else far)
        wrong += is_wrong
        probability = SHARE * NEAR_FACTOR if is_near else SHARE
        if chance.random() < probability:
            drawn[probability][0] += 1
            drawn[probability][1] += is_wrong
    strata = [Stratum(probability=one, audited=audited, wrong=bad) for one, (audited, bad) in drawn.items()]
    return wrong / length, strata


def markdown(found: Mapping[str, Any]) -> str:
    """Return what was measured, as a table."""
    streams = found["streams"]
    rows = [
        f"| {name} | {length:,} | {one['weighted']} | {one['bounded']} | {one['counted']} | {100 * one['width']:.1f} |"
        for name, lengths in found.items()
        if name != "streams"
        for length, one in lengths.items()
    ]
    return "\n".join(
        [
            f"Of {streams} streams of automatic verdicts, 2 % drawn, near a threshold 10 %:",
            "",
            "| errors | verdicts | interval holds the truth | bound holds | counted alike holds | width, points |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )
