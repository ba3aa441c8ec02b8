"""Model versions: list, activate, roll back; for all sites or for one. For administrators."""

from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from moderator.api.model_schemas import ActivatedOut, ModelOut, ModelsOut, ScopeIn, TrialOut
from moderator.api.schemas import check_strings
from moderator.classifier import registry
from moderator.classifier.serving import Scope
from moderator.domain.errors import ModelRefused
from moderator.domain.events import ActorKind
from moderator.domain.ids import SiteId
from moderator.domain.people import Person, Role
from moderator.services import Services
from moderator.storage.audit import Actor
from moderator.usecases import access, shadow
from moderator.usecases import models as using
from moderator.web import read_body, services

_SCOPE = msgspec.json.Decoder(ScopeIn)


def _admin_of(request: Request[Any]) -> Person:
    secret = access.bearer(request.headers.get("authorization"))
    return access.person(services(request), secret, role=Role.ADMIN)


async def list_models(request: Request[Any]) -> Response:
    """`GET /v1/models`."""
    _admin_of(request)
    found = services(request)
    models = await anyio.to_thread.run_sync(_describe, found)
    trials = [TrialOut.of(one) for one in await shadow.comparisons(found)]
    answer = ModelsOut(current=found.scorer.version, models=models, trials=trials)
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _describe(found: Services) -> list[ModelOut]:
    described = []
    for version in registry.list_versions(found.models_folder):
        sites = [site for site, scorer in found.site_scorers.items() if scorer.version == version]
        one = ModelOut(version=version, is_current=version == found.scorer.version, sites=[*sites])
        try:
            manifest = registry.read_manifest(found.models_folder, version)
            one.created, one.labels = manifest.created, [str(label) for label in manifest.labels]
        except ModelRefused:
            pass  # Listed without a description; activating it says what is wrong.
        described.append(one)
    return described


async def activate_model(request: Request[Any]) -> Response:
    """`POST /v1/models/{version}/activate`."""
    admin, found, scope = _admin_of(request), services(request), await _scope(request)
    access.check_administers_all(admin)
    previous = using.version_of(found, scope)
    actor = Actor(kind=ActorKind.PERSON, id=admin.id)
    current = await using.activate_model(found, actor, request.path_params["version"], scope)
    return _activated(current, previous, scope)


async def rollback_model(request: Request[Any]) -> Response:
    """`POST /v1/models/rollback`."""
    admin, found, scope = _admin_of(request), services(request), await _scope(request)
    access.check_administers_all(admin)
    previous = using.version_of(found, scope)
    current = await using.rollback_model(found, Actor(kind=ActorKind.PERSON, id=admin.id), scope)
    return _activated(current, previous, scope)


async def _scope(request: Request[Any]) -> Scope:
    """Return which site is meant, None for all together; also without a body."""
    body = await read_body(request.scope, request.receive)
    sent = _SCOPE.decode(body) if body.strip() else ScopeIn()
    check_strings(sent)
    return None if sent.site is None else SiteId(sent.site)


def _activated(current: str, previous: str | None, scope: Scope) -> Response:
    answer = ActivatedOut(current=current, previous=previous, site=scope)
    return Response(msgspec.json.encode(answer), media_type="application/json")
