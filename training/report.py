"""The report beside a model: what it is, what it learned from, how good it is, in Markdown for people."""

from collections.abc import Iterable

from moderator.classifier.manifest import Manifest, Metric, ThresholdOf
from moderator.domain.scoring import Caution

_METRIC_HEAD = ("set", "rows", "positives", "AUC", "AP", "recall at 1 % FP", "at 5 % FP", "calibration error")

_METHOD = """Hashed n-grams of characters and words, one logistic regression for each label, Platt calibration at the
stated share of positives.
"""
_OTHER_LANGUAGES = "What its site says is in another language is held, never approved by the machine alone."
_LIMITS = """Sorting readers' comments into approve, hold and reject, with people deciding what is held. It knows words,
not intentions: hostility by tone, irony, quotation and negation escape it; mild profanity and plain mentions of groups
may be scored too high; whether something is true is beyond it. It must not be used to judge people.
"""


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *[[str(cell) for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _metric_row(name: str, metric: Metric) -> tuple[object, ...]:
    return (
        name,
        f"{metric.rows:,}",
        f"{metric.positives:,}",
        f"{metric.auc:.3f}",
        f"{metric.average_precision:.3f}",
        f"{metric.recall_at_1:.2f}",
        f"{metric.recall_at_5:.2f}",
        f"{metric.calibration_error:.3f}",
    )


def _threshold_row(label: str, threshold: ThresholdOf) -> tuple[object, ...]:
    reject = "never" if threshold.reject_at is None else f"{threshold.reject_at:.3f}"
    return label, f"{threshold.hold_at:.3f}", reject, threshold.note or "kept"


def render(manifest: Manifest) -> str:
    """Return the report of a version."""
    parts: list[str] = [
        f"# Model {manifest.version}\n",
        f"Made on {manifest.created} from {manifest.data.rows:,} labelled comments "
        f"(data fingerprint `{manifest.data.fingerprint[:16]}`) with "
        + ", ".join(f"{name} {version}" for name, version in sorted(manifest.libraries.items()))
        + ".\n",
        _METHOD,
        f"Languages with enough training data: {', '.join(manifest.languages)}. {_OTHER_LANGUAGES}\n",
        "## Intended use, and limits\n",
        _LIMITS,
        "## Examples it learned from\n",
        _table(
            ("label", "rows", "positives", "share of positives assumed"),
            [
                (label, f"{count['rows']:,}", f"{count['positives']:,}", f"{manifest.calibration[label].prior:.1%}")
                for label, count in ((one, manifest.data.examples[one.value]) for one in manifest.labels)
            ],
        ),
        _table(("source", "training rows"), [(name, f"{rows:,}") for name, rows in manifest.data.sources.items()]),
    ]
    for caution in Caution:
        parts += [
            f"## Thresholds, {caution.value}\n",
            _table(
                ("label", "holds from", "rejects from", "promise"),
                [_threshold_row(label.value, one) for label, one in manifest.thresholds[caution].items()],
            ),
        ]
    parts.append("## How well it tells them apart\n")
    parts.append("On rows that it has not seen. Sets whose names end in `_nc` served for measuring only.\n")
    for label, sets in manifest.metrics.items():
        if sets:
            rows = [_metric_row(name, metric) for name, metric in sets.items()]
            parts += [f"### {label}\n", _table(_METRIC_HEAD, rows)]
    return "\n".join(parts)
