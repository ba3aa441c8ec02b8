"""Which versions are loaded: the one that all sites share, sites' own, and those on trial.

A version that several ask for is loaded once, and one that is loaded already is not loaded again. Whatever cannot be
used is left out with the reason; whoever asked keeps what he has.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from moderator.classifier import pointers, registry
from moderator.classifier.pointers import CURRENT, SHADOW, Trial
from moderator.classifier.scorer import Scorer
from moderator.domain.errors import ModelRefused
from moderator.domain.ids import SiteId

Scope = SiteId | None
"""A site, or None for all that have nothing of their own."""
Place = tuple[str, Scope]
"""Which file: `CURRENT` or `SHADOW`, of which scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version on trial, and what scores with it."""

    scorer: Scorer
    trial: Trial


@dataclass(slots=True, kw_only=True)
class Serving:
    """What is in use. `refused` says why a file was not followed."""

    shared: Scorer
    sites: dict[SiteId, Scorer] = field(default_factory=dict)
    candidates: dict[Scope, Candidate] = field(default_factory=dict)
    refused: dict[Place, str] = field(default_factory=dict)

    def versions(self) -> dict[Scope, str]:
        """Return which version each scope has of its own."""
        own = cast("dict[Scope, Scorer]", self.sites) | {None: self.shared}
        return {scope: scorer.version for scope, scorer in own.items() if scorer.version is not None}


def load(models: Path, before: Serving) -> Serving:
    """Return what the files of a folder of models say is in use.

    Args:
        before: what was in use until now: a scope whose file cannot be followed keeps it.
    """
    loaded = _Loaded(models, before)
    found = Serving(shared=before.shared)
    try:
        version = registry.current_version(models)
        if version:
            found.shared = loaded.scorer(version)
    except ModelRefused as error:
        found.refused[CURRENT, None] = str(error)
    for site in pointers.sites_with(models, CURRENT):
        try:
            version = registry.current_version(models, site)
            if version:
                found.sites[site] = loaded.scorer(version)
        except ModelRefused as error:
            found.refused[CURRENT, site] = str(error)
            if site in before.sites:
                found.sites[site] = before.sites[site]
    for scope in (None, *pointers.sites_with(models, SHADOW)):
        try:
            trial = pointers.read_trial(models, scope)
            if trial:
                found.candidates[scope] = Candidate(scorer=loaded.scorer(trial.version), trial=trial)
        except ModelRefused as error:
            found.refused[SHADOW, scope] = str(error)
    return found


class _Loaded:
    """Scorers by version: those in use, and those that were loaded on the way."""

    def __init__(self, models: Path, before: Serving) -> None:
        self._models = models
        known = [before.shared, *before.sites.values(), *(one.scorer for one in before.candidates.values())]
        self._scorers = {one.version: one for one in known if one.version is not None}

    def scorer(self, version: str) -> Scorer:
        """Return what scores with a version. Raises ModelRefused."""
        if version not in self._scorers:
            self._scorers[version] = Scorer(registry.load_version(self._models, version))
        return self._scorers[version]
