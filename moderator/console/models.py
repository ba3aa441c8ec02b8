"""Model versions, for administrators: what each one learned from and how good it is; use another one, or go back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.classifier import registry
from moderator.classifier.manifest import Manifest, Metric
from moderator.console.administering import admin_session, show_page
from moderator.console.charts import BOX, MARKS, Dot, diagram
from moderator.console.own_rulings import DAYS, MOST_COMMENTS, OwnRulings, own_rulings
from moderator.console.pages import see_other
from moderator.console.plots import LINE_HEIGHT, LINE_WIDTH, line
from moderator.console.session import Form, shown, signed_form
from moderator.domain.comments import Site
from moderator.domain.errors import Conflict, ModelRefused, NotFound
from moderator.domain.events import ActorKind
from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.domain.reliability import Group
from moderator.domain.scoring import Caution, Label
from moderator.services import Services
from moderator.storage.audit import Actor
from moderator.usecases import access, manage
from moderator.web import services


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version in the list; without a manifest, `problem` says why it cannot be read."""

    version: str
    manifest: Manifest | None
    problem: str | None = None

    @property
    def goals_met(self) -> int:
        """Return how many of the goals it reached."""
        return sum(goal.is_met is True for goal in self.manifest.goals) if self.manifest else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How well a version tells a label apart on a test set, and the AUC of the version in use there."""

    label: str
    test_set: str
    metric: Metric
    auc_in_use: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A label's diagram, for a share `prior` of comments that have the label."""

    label: str
    prior: float
    dots: Sequence[Dot]


@shown
async def list_models(request: Request[Any]) -> Response:
    """`GET /console/models`: every version, the newest first."""
    session, found = await admin_session(request), services(request)
    listed, previous = await anyio.to_thread.run_sync(_list, found)
    return await show_page(
        request, session, "models.html", listed=listed, current=found.scorer.version, previous=previous,
        refused=found.model_refused,
    )  # fmt: skip


@shown
async def show_model(request: Request[Any]) -> Response:
    """`GET /console/models/{version}`: what a version says of itself, and the button that uses it.

    With `own`, a site, and for the version in use: how far that site's people agree with its scores.
    """
    session, found = await admin_session(request), services(request)
    version = request.path_params["version"]
    manifest, in_use = await anyio.to_thread.run_sync(_read, found, version)
    sites = found.sites_for(session.person) if version == found.scorer.version else []
    own = await _own(found, sites, version, request.query_params.get("own"))
    return await show_page(
        request,
        session,
        "model.html",
        model=manifest,
        current=found.scorer.version,
        in_use=in_use,
        measured=_measured(manifest, in_use),
        promises=manifest.summary()["promise"],
        cautions=[caution for caution in Caution if caution in manifest.thresholds],
        labels=[label for label in Label if label in manifest.labels],
        curve=line([(one.share, one.risk, one.low, one.high) for one in manifest.curve.approved])
        if manifest.curve
        else None,
        width=LINE_WIDTH,
        height=LINE_HEIGHT,
        reliability=_reliability(manifest),
        sites=sites,
        own=own,
        own_dots=diagram(own.groups) if own else [],
        days=DAYS,
        most=MOST_COMMENTS,
        box=BOX,
        marks=MARKS,
    )


@shown
async def activate_model(request: Request[Any]) -> Response:
    """`POST /console/models/{version}/activate`."""
    person = await _pressed(request)
    version = await manage.activate_model(services(request), _actor(person), request.path_params["version"])
    return see_other(f"/console/models?told={version}")


@shown
async def rollback_model(request: Request[Any]) -> Response:
    """`POST /console/models/rollback`."""
    person = await _pressed(request)
    version = await manage.rollback_model(services(request), _actor(person))
    return see_other(f"/console/models?told={version}")


async def _pressed(request: Request[Any]) -> Person:
    """Return who pressed a button, unless the page was about another model than the one in use.

    Pressed twice, going back would go forth again.
    """
    session, form = await signed_form(request)
    access.check_role(session.person, Role.ADMIN)
    access.check_administers_all(session.person)
    if _named(form) != services(request).scorer.version:
        raise Conflict("Another model is in use since this page was shown. Nothing was changed; look again.")
    return session.person


def _named(form: Form) -> str | None:
    return form.get("in_use") or None


def _actor(person: Person) -> Actor:
    return Actor(kind=ActorKind.PERSON, id=person.id)


def _list(found: Services) -> tuple[list[Listed], str | None]:
    folder = found.models_folder
    listed = []
    for version in registry.list_versions(folder):
        try:
            listed.append(Listed(version=version, manifest=registry.read_manifest(folder, version)))
        except ModelRefused as error:
            listed.append(Listed(version=version, manifest=None, problem=str(error)))
    listed.sort(key=lambda one: one.manifest.created if one.manifest else "", reverse=True)
    try:
        previous = registry.previous_version(folder)
    except ModelRefused:
        previous = None  # The reason stands on the page already.
    return listed, previous


def _read(found: Services, version: str) -> tuple[Manifest, Manifest | None]:
    """Return the manifest of a version, and that of the one in use where it is another and can be read."""
    folder, current = found.models_folder, found.scorer.version
    if version not in registry.list_versions(folder):
        raise NotFound("There is no such model version.")
    manifest = registry.read_manifest(folder, version)
    if current is None or current == version:
        return manifest, None
    try:
        return manifest, registry.read_manifest(folder, current)
    except ModelRefused:
        return manifest, None


def _reliability(manifest: Manifest) -> list[Reliability]:
    return [
        Reliability(
            label=label,
            prior=manifest.calibration[label].prior,
            dots=diagram(
                [
                    Group(predicted=one.predicted, observed=one.observed, low=one.low, high=one.high, number=one.rows)
                    for one in groups
                ]
            ),
        )
        for label, groups in manifest.reliability.items()
        if label in manifest.calibration
    ]


async def _own(found: Services, sites: Sequence[Site], version: str, wanted: str | None) -> OwnRulings | None:
    """Return what a site's people decided on this version's scores; None when nobody asked. Raises NotFound."""
    if not wanted:
        return None
    if wanted not in {site.id for site in sites}:
        raise NotFound("There is no such site, or this version does not score its comments.")
    return await own_rulings(found, SiteId(wanted), version)


def _measured(manifest: Manifest, in_use: Manifest | None) -> Sequence[Measured]:
    found = []
    for label, sets in manifest.metrics.items():
        for test_set, metric in sets.items():
            other = in_use.metrics.get(label, {}).get(test_set) if in_use else None
            found.append(
                Measured(label=label, test_set=test_set, metric=metric, auc_in_use=other.auc if other else None)
            )
    return found


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/models", list_models, methods=["GET"]),
    Route("/console/models/rollback", rollback_model, methods=["POST"]),
    Route("/console/models/{version}", show_model, methods=["GET"]),
    Route("/console/models/{version}/activate", activate_model, methods=["POST"]),
]
