"""Model versions: list, activate, roll back. For administrators."""

from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from moderator.api.schemas import ActivatedOut, ModelOut, ModelsOut
from moderator.classifier import registry
from moderator.domain.errors import ModelRefused
from moderator.domain.events import ActorKind
from moderator.domain.people import Person, Role
from moderator.services import Services
from moderator.storage.audit import Actor
from moderator.usecases import access, manage
from moderator.web import services


def _admin_of(request: Request[Any]) -> Person:
    secret = access.bearer(request.headers.get("authorization"))
    return access.person(services(request), secret, role=Role.ADMIN)


async def list_models(request: Request[Any]) -> Response:
    """`GET /v1/models`."""
    _admin_of(request)
    found = services(request)
    models = await anyio.to_thread.run_sync(_describe, found)
    answer = ModelsOut(current=found.scorer.version, models=models)
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _describe(found: Services) -> list[ModelOut]:
    described = []
    for version in registry.list_versions(found.models_folder):
        one = ModelOut(version=version, is_current=version == found.scorer.version)
        try:
            manifest = registry.read_manifest(found.models_folder, version)
            one.created, one.labels = manifest.created, [str(label) for label in manifest.labels]
        except ModelRefused:
            pass  # Listed without a description; activating it says what is wrong.
        described.append(one)
    return described


async def activate_model(request: Request[Any]) -> Response:
    """`POST /v1/models/{version}/activate`."""
    admin, found = _admin_of(request), services(request)
    access.check_administers_all(admin)
    previous = found.scorer.version
    actor = Actor(kind=ActorKind.PERSON, id=admin.id)
    current = await manage.activate_model(found, actor, request.path_params["version"])
    return Response(
        msgspec.json.encode(ActivatedOut(current=current, previous=previous)), media_type="application/json"
    )


async def rollback_model(request: Request[Any]) -> Response:
    """`POST /v1/models/rollback`."""
    admin, found = _admin_of(request), services(request)
    access.check_administers_all(admin)
    previous = found.scorer.version
    current = await manage.rollback_model(found, Actor(kind=ActorKind.PERSON, id=admin.id))
    return Response(
        msgspec.json.encode(ActivatedOut(current=current, previous=previous)), media_type="application/json"
    )
