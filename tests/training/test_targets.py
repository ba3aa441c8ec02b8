"""Targets and what was reached."""

import pytest

from training.targets import TARGETS, Figure, Target, compare

AUC = Target(Figure.AUC, "toxic", "civil_raw", 0.92)
ERROR = Target(Figure.CALIBRATION_ERROR, "toxic", "wiki_context", 0.02)


@pytest.mark.parametrize(
    ("target", "value", "is_met"), [(AUC, 0.92, True), (AUC, 0.9199, False), (ERROR, 0.02, True), (ERROR, 0.021, False)]
)
def test_a_target_is_a_floor_or_a_ceiling(target: Target, value: float, is_met: bool) -> None:
    assert target.is_met(value) is is_met


def test_all_targets_are_compared_and_those_not_measured_say_so() -> None:
    found = compare({AUC.key: 0.95})
    assert len(found) == len(TARGETS)
    assert [(one.target, one.value, one.is_met) for one in found if one.value is not None] == [(AUC, 0.95, True)]
    assert {one.is_met for one in found} == {True, None}


def test_no_target_stands_twice_and_each_has_a_name() -> None:
    assert len({target.key for target in TARGETS}) == len(TARGETS)
    assert AUC.name == "toxic on civil_raw: ROC-AUC"
    assert Target(Figure.BYTES, "", "", 12).name == "size of the weights in MiB"


def test_the_reference_model_is_never_far_above_the_goal() -> None:
    assert all(one.reference <= one.goal + 0.01 for one in TARGETS if one.reference is not None)
