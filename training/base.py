"""From labelled files to a base model: read → disguise → features → fit → calibrate → measure → publish."""

import importlib.metadata
import io
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import joblib
import msgspec
import numpy as np
from joblib.externals.loky import get_reusable_executor
from scipy.sparse import csr_matrix

from moderator.classifier import manifest as manifests
from moderator.classifier import registry
from moderator.classifier.evasion import script_of
from moderator.classifier.features import SCHEMA
from moderator.classifier.manifest import CalibrationOf, Data, File, GateLine, Golden, Manifest
from moderator.classifier.model import Calibration, Model, Weights
from moderator.domain.errors import Conflict
from moderator.domain.scoring import Label
from training import copies, corpora, fit, golden, lexicons, sentences
from training.corpora import BadData, Row
from training.measure import Measured, measure
from training.passages import choose_limits
from training.pipeline import HashedNgrams, as_csr, for_serving, idf_of, new_weighting
from training.progress import Progress
from training.promises import Promises, make_promises

LIBRARIES: Final = ("numpy", "scipy", "scikit-learn", "joblib")
LANGUAGE_ROWS: Final = 1_000  # From here on a language or script counts as learned.


@dataclass(frozen=True)
class Made:
    """A version that was published, its manifest, and what was measured: what its report is written from."""

    folder: Path
    manifest: Manifest
    measured: Measured


@dataclass(frozen=True)
class Prepared:
    """A version that is fitted and measured, and not published yet."""

    version: str
    model: Model
    weights: Weights
    measured: Measured
    describe: Callable[[list[File]], Manifest]


def make_base(data: Path, models: Path, now: datetime, progress: Progress, *, jobs: int = 2) -> Made:
    """Train, measure and publish a base version.

    Raises:
        BadData: the labelled files are missing, damaged or too few.
    """
    return publish_base(models, prepare_base(data, now, progress, jobs=jobs), progress)


def prepare_base(
    data: Path, now: datetime, progress: Progress, *, jobs: int = 2, more: Sequence[Row] = (), fingerprint: str = ""
) -> Prepared:
    """Train and measure a base version.

    Args:
        more: further rows to learn from, decisions for instance, and the `fingerprint` of these.

    Raises:
        BadData: the labelled files are missing, damaged or too few.
    """
    paths, lists = corpora.files(data), lexicons.files(data)
    rows = list(_read(paths, progress))
    learned = [row for row in rows if row.split == "train" and corpora.source(row.source).is_shippable]
    taught = [*learned, *sentences.sentences(), *(row for path in lists for row in lexicons.read(path)), *more]
    taught += copies.disguised(learned)
    weights, labels, examples = _fit(taught, progress, jobs)
    of_files = corpora.fingerprint([*paths, *lists])
    learned_from = Data(
        fingerprint=corpora.digest(f"{of_files} {fingerprint}".encode()) if fingerprint else of_files,
        rows=len(taught),
        examples=examples,
        sources=dict(sorted(Counter(row.source for row in taught).items())),
    )
    languages = _frequent(row.lang for row in learned)
    scripts = _frequent(script for row in learned if (script := _script(row.text)))
    rows = [row for row in rows if row.split != "train"]
    del learned, taught  # What follows needs the memory, and nothing of the training rows.
    _end_workers(jobs)

    raw = Model("unpublished", weights, dict.fromkeys(labels, Calibration(1.0, 0.0)), {})
    valid = [row for row in rows if row.split == "valid"]
    shippable = [row for row in valid if corpora.source(row.source).is_shippable]
    promised = _calibrate(raw, shippable, progress)
    parts = (
        "unpublished",
        weights,
        {label: _plain(one) for label, one in promised.calibration.items()},
        {
            caution: {label: one.threshold() for label, one in own.items()}
            for caution, own in promised.thresholds.items()
        },
        frozenset(languages),
        frozenset(scripts),
    )
    passages = choose_limits(Model(*parts), shippable)
    model = Model(*parts, passages=passages)
    packed = _pack(weights)
    sizes = {registry.WEIGHTS: len(packed)}
    measured = measure(model, [row for row in rows if row.split == "test"], valid, sizes, progress)

    content = packed + msgspec.json.encode((promised.calibration, promised.thresholds))
    version = f"base-{now:%Y%m%d}-{corpora.digest(content)[:8]}"

    def describe(files: list[File]) -> Manifest:
        return Manifest(
            format=manifests.FORMAT,
            version=version,
            created=f"{now:%Y-%m-%dT%H:%M:%SZ}",
            schema=SCHEMA,
            parent=None,
            labels=list(labels),
            languages=languages,
            scripts=scripts,
            files=files,
            libraries={
                "python": platform.python_version(),
                **{name: importlib.metadata.version(name) for name in LIBRARIES},
            },
            data=learned_from,
            calibration=promised.calibration,
            thresholds=promised.thresholds,
            approvals=promised.approvals,
            passages=passages,
            curve=promised.curve,
            by_language=promised.by_language,
            metrics=measured.metrics(),
            golden=[_golden(model, text) for text in golden.TEXTS],
            goals=measured.goals(),
            reliability=measured.reliability({label: one.prior for label, one in promised.calibration.items()}),
        )

    return Prepared(version, model, weights, measured, describe)


def publish_base(models: Path, prepared: Prepared, progress: Progress, gate: Sequence[GateLine] = ()) -> Made:
    """Publish a version that was prepared, with the gate's lines where it had to pass one.

    Raises:
        ModelRefused: it would not load, or cannot be written; nothing is left behind.
    """
    described: list[Manifest] = []

    def describe(files: list[File]) -> Manifest:
        described.append(msgspec.structs.replace(prepared.describe(files), gate=list(gate)))
        return described[0]

    try:
        folder = registry.publish(models, prepared.version, {registry.WEIGHTS: _pack(prepared.weights)}, describe)
    except Conflict:
        # The name has the hash of weights and thresholds: the same data made the same model today.
        folder = models / prepared.version
        described = [manifests.read(folder)]
    progress("publish", 1, 1)
    return Made(folder, described[0], prepared.measured)


def _end_workers(jobs: int) -> None:
    """End joblib's processes: they would stay for minutes, and keep the training matrix in memory."""
    if jobs > 1:
        get_reusable_executor().shutdown()


def _read(paths: Sequence[Path], progress: Progress) -> Iterator[Row]:
    for number, path in enumerate(paths, 1):
        yield from corpora.read(path)
        progress("read", number, len(paths))


def _fit(
    learned: Sequence[Row], progress: Progress, jobs: int
) -> tuple[Weights, tuple[Label, ...], dict[str, dict[str, int]]]:
    done = 0

    def tick(rows: int) -> None:
        nonlocal done
        done += rows
        progress("features", done, len(learned))

    weighting = new_weighting()
    features = as_csr(weighting.fit_transform(HashedNgrams(tick).transform([row.text for row in learned])))
    progress("features", len(learned), len(learned))

    examples = {label: fit.choose_examples(learned, label) for label in Label}
    labels = tuple(label for label, chosen in examples.items() if chosen.has_both_classes)
    if not labels:
        raise BadData("No label has both positive and negative training rows.")
    fitted = dict(_fit_all(features, {label: examples[label] for label in labels}, progress, jobs))
    weights = Weights(
        idf=idf_of(weighting),
        weights=for_serving(weighting, np.stack([fitted[label].coefficients for label in labels], axis=1)).astype(
            np.float16
        ),
        intercepts=np.array([fitted[label].intercept for label in labels], np.float32),
    )
    counts = {
        label.value: {
            "rows": examples[label].rows.size,
            "positives": examples[label].positives,
            "iterations": fitted[label].iterations,
            "converged": int(fitted[label].has_converged),
        }
        for label in labels
    }
    return weights, labels, counts


def _fit_all(
    features: csr_matrix, examples: Mapping[Label, fit.Examples], progress: Progress, jobs: int
) -> Iterator[tuple[Label, fit.Fitted]]:
    """Fit the labels side by side, the largest first."""
    order = sorted(examples, key=lambda label: -examples[label].rows.size)
    tasks = (joblib.delayed(_fit_one)(features, examples[label], label) for label in order)
    for number, found in enumerate(joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks), 1):
        yield found
        progress("fit", number, len(order))


def _fit_one(features: csr_matrix, examples: fit.Examples, label: Label) -> tuple[Label, fit.Fitted]:
    return label, fit.fit(features, examples, label)


def _calibrate(raw: Model, valid: Sequence[Row], progress: Progress) -> Promises:
    logits = raw.logits_of_many([row.text for row in valid])
    return make_promises(valid, logits, raw.labels, lambda done, total: progress("calibrate", done, total))


def _plain(one: CalibrationOf) -> Calibration:
    return Calibration(one.slope, one.offset)


def _pack(weights: Weights) -> bytes:
    packed = io.BytesIO()
    joblib.dump({"idf": weights.idf, "weights": weights.weights, "intercepts": weights.intercepts}, packed)
    return packed.getvalue()


def _golden(model: Model, text: str) -> Golden:
    scores = zip(model.labels, model.scores(text).tolist(), strict=True)
    return Golden(text=text, scores={label: round(score, 6) for label, score in scores})


def _frequent(names: Iterator[str]) -> list[str]:
    return sorted(name for name, rows in Counter(names).items() if rows >= LANGUAGE_ROWS)


def _script(text: str) -> str | None:
    letters = Counter(script_of(letter) for letter in text[:200] if letter.isalpha())
    return letters.most_common(1)[0][0] if letters else None
