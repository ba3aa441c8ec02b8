"""A language pays its own price where the shared thresholds do not carry over, and only there."""

from collections.abc import Sequence

import numpy as np
import pytest

from moderator.domain.scoring import Caution, Label
from tests.training.made import a_row
from training import approval
from training.corpora import Row
from training.languages import carry_over, differs

LABELS = (Label.TOXIC,)


def _corpus(*parts: tuple[str, int, int, float]) -> tuple[list[Row], np.ndarray]:
    """Rows and logits: a language, how many harmless and harmful rows, and by how much all of its logits are higher."""
    chance = np.random.default_rng(4)
    rows: list[Row] = []
    logits: list[float] = []
    for lang, harmless, harmful, higher in parts:
        for toxic, count in ((0.0, harmless), (1.0, harmful)):
            rows += [a_row(number=len(rows) + one, lang=lang, toxic=toxic) for one in range(count)]
            logits += (chance.normal(4 * toxic, 1, count) + higher).tolist()
    return rows, np.array(logits).reshape(-1, 1)


def _scores(logits: np.ndarray) -> dict[Label, float]:
    return {Label.TOXIC: float(1 / (1 + np.exp(-logits[0])))}


def _carry_over(rows: Sequence[Row], logits: np.ndarray) -> dict[str, object]:
    shared = approval.stand_of(rows, logits, LABELS)
    chosen = {caution: approval.choose_level(shared, 0, price) for caution, price in approval.LEVELS.items()}
    return {
        "chosen": {caution: _scores(shared.candidates[one])[Label.TOXIC] for caution, one in chosen.items()},
        **carry_over(rows, logits, shared, chosen, _scores),
    }


def test_a_language_that_is_held_far_more_often_has_higher_thresholds() -> None:
    rows, logits = _corpus(("en", 3_000, 600, 0.0), ("de", 600, 300, 1.0), ("pt", 900, 300, 0.3))
    found = _carry_over(rows, logits)
    assert found["pt"].hold_at == {}
    assert found["pt"].low < found["pt"].held < found["pt"].high
    german = found["de"]
    assert german.held > 0.2
    for caution, price in approval.LEVELS.items():
        assert german.hold_at[caution][Label.TOXIC] > found["chosen"][caution]
        assert german.approvals[caution].held == pytest.approx(price.plain, abs=0.06)


def test_a_language_with_few_rows_has_the_shared_ones_or_is_not_spoken_of() -> None:
    rows, logits = _corpus(("en", 3_000, 600, 0.0), ("fr", 120, 60, 1.5), ("eo", 20, 20, 1.5))
    found = _carry_over(rows, logits)
    assert found["fr"].hold_at == {}
    assert found["fr"].low > approval.LEVELS[Caution.BALANCED].plain
    assert set(found["fr"].approvals) == set(Caution)
    assert "eo" not in found


def test_only_a_clear_difference_counts() -> None:
    assert differs(0.19, 0.15, 0.24)
    assert differs(0.03, 0.02, 0.05)
    assert not differs(0.13, 0.11, 0.15)  # Surely more, but not by much.
    assert not differs(0.19, 0.08, 0.35)  # Much more, but not surely.
