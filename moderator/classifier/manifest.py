"""What a model version says of itself: `manifest.json`, written by training, read before anything else is."""

from pathlib import Path
from typing import Any, Final

import msgspec

from moderator.classifier.features import SCHEMA
from moderator.domain.errors import ModelRefused
from moderator.domain.scoring import Caution, Label, Threshold

FORMAT: Final = 1
FILE_NAME: Final = "manifest.json"
MAX_BYTES: Final = 4 * 1024 * 1024


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the version: its name, size in bytes and SHA-256 in hexadecimal."""

    name: str
    bytes: int
    sha256: str


class CalibrationOf(msgspec.Struct, frozen=True, kw_only=True):
    """Platt's parameters of a label, and the share of positives that they assume."""

    slope: float
    offset: float
    prior: float


class ThresholdOf(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds of a label; `reject_at` is absent where no rejection could be certified.

    `is_certified` says whether it was, `needed` how many more labelled harmless comments would do, none of them scoring
    as high (None: no number would). `missed` is the upper bound (95 %) of the share of the label's positives that the
    whole policy approves. `note` says what is missing, in words.
    """

    hold_at: float
    reject_at: float | None = None
    is_certified: bool = True
    needed: int | None = None
    missed: float = 1.0
    note: str = ""

    def threshold(self) -> Threshold:
        """Return it as the policy wants it."""
        if self.reject_at is None:
            return Threshold.hold_only(self.hold_at)
        return Threshold(hold_at=self.hold_at, reject_at=self.reject_at)


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What a level of caution costs and promises, all labels together. All figures are shares.

    `price` is what it may hold of the harmless comments, `held` what it held of those that did not choose it;
    `approved` is what it approves of all comments at the stated prior. `risk` is the share of rule breakers among
    those, `risk_at_most` its upper bound (95 %). `is_certified` says whether that is within `promise`; `needed` how
    many more audited approvals would show it, none of them a rule breaker. `audited` counts those that a learned
    version rests on, 0 for a base. `note` says it in words.
    """

    price: float
    held: float
    approved: float
    risk: float
    risk_at_most: float
    promise: float
    is_certified: bool
    needed: int = 0
    audited: int = 0
    note: str = ""


class Point(msgspec.Struct, frozen=True, array_like=True):
    """A point of a risk–coverage curve: a share of comments, the share of mistakes among them, its bounds (95 %)."""

    share: float
    risk: float
    low: float
    high: float


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """What more automation costs, on rows not fitted on, where shares `abuse` and `spam` of comments break the rules.

    `approved`: share approved by the machine → share of rule breakers among those, from the strictest hold thresholds
    to the laxest. `automated`: share that the machine decides either way, the surest first → share of wrong decisions.
    Bounds hold for each point on its own.
    """

    abuse: float
    spam: float
    harmless_rows: int
    breaking_rows: int
    approved: list[Point]
    automated: list[Point]


class LanguageOf(msgspec.Struct, frozen=True, kw_only=True):
    """How far the shared thresholds carry over to a language.

    `held` is the share of its harmless rows that the balanced level holds, with `low` and `high` around it (95 %).
    `hold_at` has thresholds of its own where they do not carry over, and is empty where they do; `approvals` is what
    each level then promises in this language alone.
    """

    harmless_rows: int
    breaking_rows: int
    held: float
    low: float
    high: float
    hold_at: dict[Caution, dict[Label, float]] = {}
    approvals: dict[Caution, Approval] = {}


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """A text of our own and the scores that this version must give it; `house_rules` where it has that label."""

    text: str
    scores: dict[Label, float]
    house_rules: float | None = None


class GateLine(msgspec.Struct, frozen=True, kw_only=True, rename={"passed": "pass"}):
    """A condition that a version had to meet before it was published: what was found, what is needed, in words why."""

    check: str
    passed: bool
    value: float | None
    need: str
    detail: str = ""


class TaughtLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What decisions taught of a label: rows that speak of it, those that have it, and how much of it moved.

    `strength` is the C of the anchored fit, 0 where the weights stayed the base's. `moves` is `nothing`, `intercept`,
    `calibration` or `weights`.
    """

    rows: int
    positives: int
    moves: str
    strength: float = 0.0


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """How a version came from its parent by decisions.

    `base` is the parent's file of weights: with any other bytes this version does not load. `sites` are those whose
    decisions taught, none standing for all. `waiting` rows contradict a sure score and wait for a second opinion.
    """

    base: File
    sites: list[str]
    rows: int
    waiting: int
    since: str
    until: str
    labels: dict[str, TaughtLabel]
    gate: list[GateLine]


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What the version learned from: one SHA-256 over all files, and rows and positives for each label and source."""

    fingerprint: str
    rows: int
    examples: dict[str, dict[str, int]]
    sources: dict[str, int]


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """How well a label is told apart on one test set. Recalls are at 1 and 5 % false positives."""

    rows: int
    positives: int
    auc: float
    average_precision: float
    recall_at_1: float
    recall_at_5: float
    calibration_error: float


class ScoreGroup(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Test rows of about the same score: their mean score, the share that has the label, its bounds (95 %), how many.

    The shares are those of a site where as many comments have the label as the calibration assumes.
    """

    predicted: float
    observed: float
    low: float
    high: float
    rows: int


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that a version should reach and what it reached; `value` is None where it could not be measured."""

    name: str
    goal: float
    value: float | None
    is_met: bool | None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A model version. `parent` is the version it was fitted on, for one that learned from decisions.

    `learned` says how it did; `gate` is that of a base which took another one's place. `passages` says from which score
    on one passage of a text is worth a look, whatever the whole text scores. `reliability` has ten groups of natural
    test rows for each label; versions from before it was kept have none.
    """

    format: int
    version: str
    created: str
    schema: str
    parent: str | None
    labels: list[Label]
    languages: list[str]
    scripts: list[str]
    files: list[File]
    libraries: dict[str, str]
    data: Data
    calibration: dict[Label, CalibrationOf]
    thresholds: dict[Caution, dict[Label, ThresholdOf]]
    metrics: dict[str, dict[str, Metric]]
    golden: list[Golden]
    goals: list[Goal] = []
    approvals: dict[Caution, Approval] = {}
    passages: dict[Label, float] = {}
    curve: Curve | None = None
    by_language: dict[str, LanguageOf] = {}
    reliability: dict[Label, list[ScoreGroup]] = {}
    learned: Learned | None = None
    gate: list[GateLine] = []

    def thresholds_by_language(self, caution: Caution) -> dict[str, dict[Label, Threshold]]:
        """Return the thresholds of a level in each language that has its own; rejections are the shared ones."""
        shared = self.thresholds[caution]
        return {
            language: {
                label: msgspec.structs.replace(
                    shared[label], hold_at=min(hold_at, shared[label].reject_at or hold_at)
                ).threshold()
                for label, hold_at in found.hold_at[caution].items()
            }
            for language, found in self.by_language.items()
            if caution in found.hold_at
        }

    def summary(self) -> dict[str, Any]:
        """Return what people ask first: what it is, what it learned from, how good it is."""
        return {
            "version": self.version,
            "created": self.created,
            "parent": self.parent,
            "languages": ", ".join(self.languages),
            "rows": self.data.rows,
            "data": self.data.fingerprint[:16],
            "thresholds": {
                label.value: _bounds(threshold)
                for label, threshold in self.thresholds.get(Caution.BALANCED, {}).items()
            },
            "promise": {
                caution.value: f"holds {found.held:.0%} of harmless comments; at most {found.risk_at_most:.1%} of what "
                "is approved breaks the rules"
                for caution, found in self.approvals.items()
            },
            "targets": {
                "met": sum(goal.is_met is True for goal in self.goals),
                "missed": [goal.name for goal in self.goals if goal.is_met is False],
                "not_measured": [goal.name for goal in self.goals if goal.value is None],
            },
            "auc": {
                label: ", ".join(f"{name} {metric.auc:.3f}" for name, metric in sets.items())
                for label, sets in self.metrics.items()
            },
        }


def _bounds(threshold: ThresholdOf) -> str:
    reject = "never rejects" if threshold.reject_at is None else f"rejects from {threshold.reject_at:.3f}"
    return f"holds from {threshold.hold_at:.3f}, {reject}"


def read(folder: Path) -> Manifest:
    """Return the manifest of a version's folder.

    Raises:
        ModelRefused: it is not there, not readable, of another format, or for other features than this program makes.
    """
    path = folder / FILE_NAME
    try:
        if path.is_symlink() or path.stat().st_size > MAX_BYTES:
            raise ModelRefused(f"{folder.name}: {FILE_NAME} is not a plain file of a sensible size.")
        raw = path.read_bytes()
    except OSError as error:
        raise ModelRefused(f"{folder.name}: {FILE_NAME} cannot be read ({error.strerror}).") from error
    try:
        declared = msgspec.json.decode(raw, type=_Head)
        if declared.format != FORMAT:
            raise ModelRefused(f"{folder.name}: manifest format {declared.format}; this program reads {FORMAT}.")
        found = msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ModelRefused(f"{folder.name}: {FILE_NAME} is not a manifest: {error}.") from error
    if found.schema != SCHEMA:
        raise ModelRefused(f"{folder.name}: made for features “{found.schema}”; this program makes “{SCHEMA}”.")
    if found.version != folder.name:
        raise ModelRefused(f"{folder.name}: the manifest is of version {found.version}.")
    return found


class _Head(msgspec.Struct):
    format: int


def encode(manifest: Manifest) -> bytes:
    """Return the manifest as it stands on disk: JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
