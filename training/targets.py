"""What a base version should reach on the public test sets, as a table, and what it did reach.

The goals are set a little above a reference model of the same kind; its figures stand beside them where it was
measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from moderator.domain.scoring import Label
from training.attacks import ATTACKS


class Figure(StrEnum):
    """What is measured. The first three are of a label on a set; the last ones of an attack, a set or the version."""

    AUC = "ROC-AUC"
    RECALL_AT_5 = "recall at 5 % false positives"
    CALIBRATION_ERROR = "calibration error"
    FALSE_POSITIVES = "false positives at the news threshold"
    BPSN_MEAN = "BPSN, mean of all terms"
    BPSN_WORST = "BPSN, worst term"
    SURVIVAL = "recall kept under attack"
    MORE_HELD = "clean sentences held for hidden letters"
    BYTES = "size of the weights in MiB"


AT_MOST: Final = frozenset({Figure.CALIBRATION_ERROR, Figure.FALSE_POSITIVES, Figure.MORE_HELD, Figure.BYTES})

Key = tuple[Figure, str, str]  # What, of which label or attack, on which set.


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to reach: at least `goal`, or at most for those in `AT_MOST`.

    `of` is a label or an attack, `on` a set; either may be empty. `reference` is the reference model's figure.
    """

    figure: Figure
    of: str
    on: str
    goal: float
    reference: float | None = None

    @property
    def key(self) -> Key:
        """Return what the figure is looked up by."""
        return self.figure, self.of, self.on

    @property
    def name(self) -> str:
        """Return it in words, such as `toxic on civil_raw: ROC-AUC`."""
        where = " on ".join(filter(None, (self.of, self.on)))
        return f"{where}: {self.figure}" if where else str(self.figure)

    def is_met(self, value: float) -> bool:
        """Return whether a value is good enough."""
        return value <= self.goal if self.figure in AT_MOST else value >= self.goal


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """A target and what became of it; `value` is None where the set was not there."""

    target: Target
    value: float | None

    @property
    def is_met(self) -> bool | None:
        """Return whether the target is met, or None when nothing was measured."""
        return None if self.value is None else self.target.is_met(self.value)


def _aucs(label: Label, goals: Mapping[str, tuple[float, float | None]]) -> tuple[Target, ...]:
    return tuple(
        Target(Figure.AUC, label.value, source, goal, reference) for source, (goal, reference) in goals.items()
    )


TARGETS: Final[tuple[Target, ...]] = (
    *_aucs(
        Label.TOXIC,
        {
            "civil_raw": (0.92, None),
            "civil_lower": (0.925, 0.914),
            "jigsaw_six": (0.975, None),
            "jigsaw_wiki": (0.980, 0.978),
            "surge_toxicity": (0.945, 0.932),
            "wiki_detox_test": (0.960, 0.955),
            "germeval2018": (0.85, 0.840),
            "told_br": (0.83, 0.823),
            "russe_detox": (0.99, 0.992),
            "toxifrench_forum": (0.68, 0.654),
            "ucc_news_nc": (0.78, 0.751),
            "tupy_pt": (0.80, None),
            "multi_paradetox": (0.85, None),
        },
    ),
    Target(Figure.RECALL_AT_5, Label.TOXIC.value, "ucc_news_nc", 0.40, 0.364),
    *_aucs(Label.INSULT, {"jigsaw_wiki": (0.955, None), "civil_spans": (0.72, None)}),
    *_aucs(Label.OBSCENE, {"jigsaw_wiki": (0.98, None)}),
    *_aucs(
        Label.IDENTITY_ATTACK,
        {"jigsaw_wiki": (0.935, None), "edos": (0.79, None), "stormfront": (0.87, None), "gahd": (0.80, None)},
    ),
    *_aucs(Label.THREAT, {"jigsaw_wiki": (0.955, None), "edos": (0.90, None)}),
    *_aucs(Label.SEVERE_TOXIC, {"jigsaw_wiki": (0.955, None), "jigsaw_six": (0.93, None)}),
    *_aucs(Label.SEXUAL_EXPLICIT, {"openai_moderation": (0.94, None), "convabuse": (0.92, None)}),
    *_aucs(
        Label.SPAM,
        {
            "youtube_spam": (0.975, 0.967),
            "sms_spam": (0.997, None),
            "tg_spam": (0.99, None),
            "janitr_spam": (0.94, None),
        },
    ),
    Target(Figure.CALIBRATION_ERROR, Label.TOXIC.value, "ucc_news_nc", 0.02),
    Target(Figure.CALIBRATION_ERROR, Label.TOXIC.value, "wiki_context", 0.02),
    Target(Figure.FALSE_POSITIVES, Label.TOXIC.value, "wiki_context", 0.01),
    Target(Figure.BPSN_MEAN, Label.TOXIC.value, "bias_templates_en", 0.85, 0.766),
    Target(Figure.BPSN_WORST, Label.TOXIC.value, "bias_templates_en", 0.70, 0.506),
    *(Target(Figure.SURVIVAL, attack.name, "", attack.target) for attack in ATTACKS.values()),
    Target(Figure.MORE_HELD, "", "ten scripts", 0.002),
    Target(Figure.BYTES, "", "", 12.0),
)


def compare(found: Mapping[Key, float]) -> list[Reached]:
    """Return all targets with what was found."""
    return [Reached(target=target, value=found.get(target.key)) for target in TARGETS]
