"""Model versions on disk: a folder each, and the files of `pointers` that name those in use and those before them.

A version is checked before it is unpacked: the manifest, then size and SHA-256 of the very bytes that are then loaded,
then the golden examples. On any doubt it is refused, and whoever asked keeps the model that he has.
"""

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from moderator.classifier import delta, pointers
from moderator.classifier import manifest as manifests
from moderator.classifier.manifest import File, Manifest
from moderator.classifier.model import Calibration, Model, Weights
from moderator.classifier.places import check_place
from moderator.classifier.pointers import SHARED, VERSION, Trial, sync_folder
from moderator.domain.errors import Conflict, ModelRefused, NotFound
from moderator.domain.ids import SiteId

CURRENT: Final = pointers.CURRENT
WEIGHTS: Final = "weights.joblib"
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
GOLDEN_TOLERANCE: Final = 1e-4

Result = TypeVar("Result")


def list_versions(models: Path) -> list[str]:
    """Return the versions in a folder of models, by name. Unfinished and foreign folders are none."""
    if not models.is_dir():
        return []
    return sorted(
        entry.name
        for entry in models.iterdir()
        if VERSION.fullmatch(entry.name) and (entry / manifests.FILE_NAME).is_file()
    )


def current_version(models: Path, site: SiteId | None = None) -> str | None:
    """Return the version in use by all sites together, or a site's own. None when there is none.

    Raises:
        ModelRefused: CURRENT is there but names nothing.
    """
    found = next(iter(pointers.read_versions(models, site)), None)
    return None if site is not None and found == SHARED else found


def previous_version(models: Path, site: SiteId | None = None) -> str | None:
    """Return the version that `rollback` would go back to; a site may go back to `SHARED`. None without any.

    Raises:
        ModelRefused: as in `current_version`.
    """
    return next(iter(pointers.read_versions(models, site)[1:]), None)


def version_used_by(models: Path, site: SiteId | None) -> str | None:
    """Return the version that scores a site's comments: its own, or the shared one. Raises as `current_version`."""
    return current_version(models, site) or current_version(models)


def read_manifest(models: Path, version: str) -> Manifest:
    """Return the manifest of a version.

    Raises:
        ModelRefused: it is missing, damaged or of another format.
    """
    if not VERSION.fullmatch(version):
        raise ModelRefused("That is not the name of a version.")
    # The folder of models itself may be reached by a link: where it stands, a setting says.
    for place in (models.resolve(), models / version, models / version / manifests.FILE_NAME):
        check_place(place)
    return manifests.read(models / version)


def load_version(models: Path, version: str, *, bases: Path | None = None) -> Model:
    """Load a version after all checks; one that learned from decisions with the base that it changes.

    Args:
        bases: the folder with the base, where it is another one.

    Raises:
        ModelRefused: a check failed; the message says which.
    """
    manifest = read_manifest(models, version)
    _check_libraries(manifest)
    if manifest.learned is None:
        model, _ = load_weights(models, manifest)
    else:
        content = _described(models, manifest, delta.FILE_NAME)
        parent, weights = load_base(bases or models, manifest)
        model = _unpacked(manifest, delta.FILE_NAME, lambda: _new_learned(manifest, parent, weights, content))
    check_golden(manifest, model)
    return model


def load_base(models: Path, manifest: Manifest) -> tuple[Model, Weights]:
    """Return the base that a version changes, and its weights.

    Raises:
        ModelRefused: it is not there, is no base, or is not the very one that the version was fitted on.
    """
    learned = manifest.learned
    if learned is None or manifest.parent is None:
        raise ModelRefused(f"{manifest.version}: the manifest does not say what it was fitted on.")
    parent = read_manifest(models, manifest.parent)
    if parent.learned is not None or parent.labels != manifest.labels:
        raise ModelRefused(f"{manifest.version}: {parent.version} is no base version for it.")
    _checked(models / parent.version / WEIGHTS, learned.base)
    return load_weights(models, parent)


def load_weights(models: Path, manifest: Manifest) -> tuple[Model, Weights]:
    """Return the model that a base version is, and its weights, after the checks of its files.

    Raises:
        ModelRefused: a check failed.
    """
    content = _described(models, manifest, WEIGHTS)
    weights = _unpacked(manifest, WEIGHTS, lambda: _weights(content))
    return _unpacked(manifest, WEIGHTS, lambda: new_model(manifest, weights)), weights


def _described(models: Path, manifest: Manifest, name: str) -> bytes:
    """Return the content of a file of a version, as its manifest describes it."""
    described = {file.name: file for file in manifest.files}
    if name not in described:
        raise ModelRefused(f"{manifest.version}: the manifest describes no {name}.")
    return _checked(models / manifest.version / name, described[name])


def _unpacked(manifest: Manifest, name: str, unpack: Callable[[], Result]) -> Result:
    try:
        return unpack()
    except Exception as error:  # A damaged artefact may raise anything; whatever it is, the version is refused.
        raise ModelRefused(f"{manifest.version}: {name} cannot be used: {error!r}.") from error


def _check_libraries(manifest: Manifest) -> None:
    """Refuse what another generation of the libraries wrote: it may load, and be wrong."""
    import joblib  # Only here and below: it takes 50 ms, which commands that load no model need not wait.

    for name, installed in (("numpy", np.__version__), ("joblib", joblib.__version__)):
        written = manifest.libraries.get(name, "unknown")
        if written.split(".")[0] != installed.split(".")[0]:
            raise ModelRefused(f"{manifest.version}: written with {name} {written}; here is {installed}.")


def _checked(path: Path, file: File) -> bytes:
    """Return the content of a file that is the one described. What is checked is what is returned."""
    name = f"{path.parent.name}: {path.name}"
    check_place(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as opened:
            content = opened.read(min(file.bytes, MAX_FILE_BYTES) + 1)
    except OSError as error:
        raise ModelRefused(f"{name} cannot be read ({error.strerror}).") from error
    if len(content) != file.bytes:
        raise ModelRefused(f"{name} does not have the {file.bytes} bytes that the manifest says.")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ModelRefused(f"{name} does not have the SHA-256 that the manifest says.")
    return content


def _weights(content: bytes) -> Weights:
    import joblib

    stored = joblib.load(io.BytesIO(content))
    return Weights(idf=stored["idf"], weights=stored["weights"], intercepts=stored["intercepts"])


def _new_learned(manifest: Manifest, parent: Model, weights: Weights, content: bytes) -> Model:
    changes = delta.unpack(content)
    house = delta.HouseScorer(parent, changes) if changes.house_rules else None
    model = new_model(manifest, changes.over(weights), house.score if house else None)
    if house:
        house.squares = model.table[:, -1]  # The same numbers; the base's whole table would stay in memory for them.
    return model


def new_model(manifest: Manifest, weights: Weights, house_rules: Callable[[str], float] | None = None) -> Model:
    """Return the model that a manifest and weights are."""
    return Model(
        manifest.version,
        weights,
        {
            label: Calibration(manifest.calibration[label].slope, manifest.calibration[label].offset)
            for label in manifest.labels
        },
        {
            caution: {label: found.threshold() for label, found in thresholds.items()}
            for caution, thresholds in manifest.thresholds.items()
        },
        frozenset(manifest.languages),
        frozenset(manifest.scripts),
        {caution: manifest.thresholds_by_language(caution) for caution in manifest.thresholds},
        manifest.passages,
        house_rules,
    )


def check_golden(manifest: Manifest, model: Model) -> None:
    """Score the golden examples and compare.

    Raises:
        ModelRefused: one has another score than the manifest says, or there is none.
    """
    if not manifest.golden:
        raise ModelRefused(f"{manifest.version}: the manifest has no golden examples.")
    for number, example in enumerate(manifest.golden):
        scores = dict(zip(model.labels, model.scores(example.text).tolist(), strict=True))
        for label, score in example.scores.items():
            if not abs(scores.get(label, -1.0) - score) <= GOLDEN_TOLERANCE:
                raise ModelRefused(
                    f"{manifest.version}: golden example {number} scores {scores.get(label)} for {label}, not {score}."
                )
        house_rules = model.house_rules(example.text) if model.house_rules else None
        if (house_rules is None) != (example.house_rules is None) or (
            house_rules is not None
            and example.house_rules is not None
            and not abs(house_rules - example.house_rules) <= GOLDEN_TOLERANCE
        ):
            raise ModelRefused(
                f"{manifest.version}: golden example {number} scores {house_rules} for the house rules, "
                f"not {example.house_rules}."
            )


def load_current(models: Path) -> Model | None:
    """Load the version in use; None when none was ever activated.

    Raises:
        ModelRefused: a check failed.
    """
    version = current_version(models)
    return load_version(models, version) if version else None


def activate(models: Path, version: str, site: SiteId | None = None) -> None:
    """Make a version the current one, in one step that survives a crash. The current one becomes the one before it.

    Args:
        site: the one that uses it; None for all that have none of their own. `SHARED` lets a site have none any more.

    Raises:
        NotFound: there is no such version.
        ModelRefused: the disk is full, or the folder cannot be written.
    """
    if not (version in list_versions(models) or (site is not None and version == SHARED)):
        raise NotFound(f"There is no model version {version}.")
    try:
        named = pointers.read_versions(models, site)
    except ModelRefused:
        named = []  # A damaged CURRENT is mended by naming a version.
    if site is not None:
        named = named or [SHARED]
    if named[:1] != [version]:
        pointers.write_versions(models, [version, *named[:1]], site)


def rollback(models: Path, site: SiteId | None = None) -> str:
    """Make the version before the current one current again, and return it; `SHARED` where a site had none before.

    Raises:
        Conflict: there is none before it.
        NotFound: it is no longer there.
    """
    named = pointers.read_versions(models, site)
    if len(named) < 2:
        raise Conflict("There is no earlier model version to go back to.")
    current, previous = named[:2]
    if site is None or previous != SHARED:
        if previous not in list_versions(models):
            raise NotFound(f"There is no model version {previous} any more.")
        load_version(models, previous)
    pointers.write_versions(models, [previous, current], site)
    return previous


def find_trial(models: Path, site: SiteId | None = None) -> Trial | None:
    """Return what is on trial; None when nothing is, or when its file says nothing of use."""
    try:
        return pointers.read_trial(models, site)
    except ModelRefused:
        return None


def start_trial(models: Path, trial: Trial, site: SiteId | None = None) -> None:
    """Let a version score what comes in beside the one in use, without a say. It ends the trial of another one.

    Raises:
        NotFound: there is no such version.
    """
    if trial.version not in list_versions(models):
        raise NotFound(f"There is no model version {trial.version}.")
    pointers.write_trial(models, trial, site)


def publish(
    models: Path, version: str, contents: Mapping[str, bytes], describe: Callable[[list[File]], Manifest]
) -> Path:
    """Write a version so that it is either wholly there or not at all, and return its folder.

    Args:
        contents: the version's files by name, the manifest apart.
        describe: makes the manifest from the sizes and hashes of the files.

    Raises:
        Conflict: the version is there already.
        ModelRefused: it would not load, or cannot be written; nothing is left behind.
    """
    try:
        return _publish(models, version, contents, describe)
    except OSError as error:
        raise ModelRefused(f"{version} cannot be written to {models}: {error.strerror or error}.") from error


def _publish(
    models: Path, version: str, contents: Mapping[str, bytes], describe: Callable[[list[File]], Manifest]
) -> Path:
    if not VERSION.fullmatch(version) or version == SHARED:
        raise ModelRefused("A version's name has small letters, digits, dots and dashes.")
    models.mkdir(parents=True, exist_ok=True)
    if (models / version).exists():
        raise Conflict(f"Model version {version} is there already.")
    unfinished = Path(tempfile.mkdtemp(dir=models, prefix=".unfinished-"))
    try:
        folder = unfinished / version
        folder.mkdir(mode=0o755)
        files = [
            File(name=name, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in contents.items()
        ]
        for name, content in {**contents, manifests.FILE_NAME: manifests.encode(describe(files))}.items():
            _write(folder / name, content)
        sync_folder(folder)
        load_version(unfinished, version, bases=models)
        folder.rename(models / version)
        sync_folder(models)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return models / version


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
