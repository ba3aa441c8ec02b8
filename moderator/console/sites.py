"""Sites, for administrators: what each is called and told, its keys, and the addresses that hear of decisions."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.console.administering import (
    Secret,
    actor_of,
    admin_form,
    admin_session,
    show_page,
    show_secrets,
    site_of,
)
from moderator.console.language import gettext as _
from moderator.console.pages import see_other
from moderator.console.session import Form, shown
from moderator.domain.comments import Site
from moderator.domain.errors import Fault, InvalidInput
from moderator.domain.events import EndpointKind
from moderator.domain.ids import EndpointId, KeyId, SiteId
from moderator.domain.people import KeyKind
from moderator.domain.sites import HeldAnswer, SiteSettings
from moderator.services import Services
from moderator.storage import outbox, sites
from moderator.storage.database import Connection
from moderator.storage.outbox import Endpoint, LastDelivery
from moderator.storage.sites import IssuedKey
from moderator.usecases import access, manage
from moderator.web import services


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A webhook, and how its newest delivery went."""

    endpoint: Endpoint
    last: LastDelivery | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A site in the list."""

    site: Site
    keys: int


@shown
async def list_sites(request: Request[Any]) -> Response:
    """`GET /console/sites`: the sites that this administrator sees."""
    session, found = await admin_session(request), services(request)
    async with found.database.read() as connection:
        keys = [issued.key.site_id for issued in await sites.list_keys(connection)]
    listed = [Listed(site=site, keys=keys.count(site.id)) for site in found.sites_for(session.person)]
    return await show_page(request, session, "sites.html", listed=listed)


@shown
async def add_site(request: Request[Any]) -> Response:
    """`POST /console/sites`: add a site; the answer shows its keys, this once."""
    session, form = await admin_form(request)
    access.check_administers_all(session.person)
    added = await manage.add_site(
        services(request), actor_of(session), form.get("name", ""), origins=_lines(form.get("origins"))
    )
    secrets = [Secret(name=_("Site key"), value=added.key, command=_curl(request, added.key))]
    if added.public_key:
        secrets.append(Secret(name=_("Public key, for pages"), value=added.public_key))
    return await show_secrets(
        request,
        session,
        place="sites",
        title=_("%(name)s may send comments now") % {"name": added.site.name},
        secrets=secrets,
        back=f"/console/sites/{added.site.id}",
    )


@shown
async def show_site(request: Request[Any]) -> Response:
    """`GET /console/sites/{site}`: what it has chosen, its keys, and its webhooks."""
    session, found = await admin_session(request), services(request)
    site = site_of(request, session.person)
    async with found.database.read() as connection:
        keys = await sites.keys_of(connection, site.id)
        webhooks, callbacks = await _endpoints(connection, site.id)
    return await show_page(
        request,
        session,
        "site.html",
        site=site,
        keys=_newest_first(keys),
        kinds=tuple(KeyKind),
        answers=tuple(HeldAnswer),
        phase_secrets=[_mark(secret) for secret in site.settings.phase_secrets],
        webhooks=webhooks,
        callbacks=callbacks,
        curl=_curl(request, "SITE_KEY"),
        now=found.now(),
    )


@shown
async def change_site(request: Request[Any]) -> Response:
    """`POST /console/sites/{site}`: its name and how it is told."""
    session, form = await admin_form(request)
    site, found = site_of(request, session.person), services(request)
    settings = _settings(site, form)
    if form.get("name", site.name).strip() != site.name:
        await manage.rename_site(found, actor_of(session), site.id, form["name"])
    if settings != site.settings:
        await manage.change_site(found, actor_of(session), site.id, settings)
    return _back(site, "saved")


@shown
async def issue_key(request: Request[Any]) -> Response:
    """`POST /console/sites/{site}/keys`: the answer shows it, this once."""
    session, form = await admin_form(request)
    site = site_of(request, session.person)
    try:
        kind = KeyKind(form.get("kind", ""))
    except ValueError:
        raise InvalidInput(Fault(pointer="/kind", detail=_("no such kind of key"))) from None
    origins = _lines(form.get("origins")) if kind is KeyKind.PUBLIC else []
    key = await manage.issue_key(services(request), actor_of(session), site.id, kind, origins=origins)
    command = _curl(request, key) if kind is KeyKind.SITE else None
    return await show_secrets(
        request,
        session,
        place="sites",
        title=_("A new key for %(name)s") % {"name": site.name},
        secrets=[Secret(name=_("Key"), value=key, command=command)],
        back=f"/console/sites/{site.id}",
    )


@shown
async def revoke_key(request: Request[Any]) -> Response:
    """`POST /console/sites/{site}/keys/{key}/revoke`: nobody gets in with it any more."""
    session, _form = await admin_form(request)
    site, key = site_of(request, session.person), KeyId(request.path_params["key"])
    await manage.revoke_key(services(request), actor_of(session), key, site_id=site.id)
    return _back(site, "revoked")


@shown
async def add_webhook(request: Request[Any]) -> Response:
    """`POST /console/sites/{site}/webhooks`: the answer shows its secret, this once."""
    session, form = await admin_form(request)
    site = site_of(request, session.person)
    endpoint = await manage.add_endpoint(services(request), actor_of(session), site.id, form.get("url", "").strip())
    return await show_secrets(
        request,
        session,
        place="sites",
        title=_("%(url)s hears of decisions now") % {"url": endpoint.url},
        secrets=[Secret(name=_("Secret that signs what is sent"), value=endpoint.secrets[0])],
        back=f"/console/sites/{site.id}",
    )


@shown
async def disable_webhook(request: Request[Any]) -> Response:
    """`POST /console/sites/{site}/webhooks/{endpoint}/disable`: what waits for it is given up."""
    session, _form = await admin_form(request)
    site, endpoint = site_of(request, session.person), EndpointId(request.path_params["endpoint"])
    await manage.disable_endpoint(services(request), actor_of(session), site.id, endpoint)
    return _back(site, "disabled")


async def _endpoints(connection: Connection, site_id: SiteId) -> tuple[Sequence[Told], int]:
    """Return a site's webhooks with how they do, and how many addresses were sent with comments."""
    found = await outbox.list_endpoints(connection, site_id)
    webhooks = [one for one in found if one.kind is EndpointKind.WEBHOOK]
    told = [Told(endpoint=one, last=await outbox.last_delivery(connection, one.id)) for one in webhooks]
    return told, len(found) - len(webhooks)


def _settings(site: Site, form: Form) -> SiteSettings:
    """Return what a form says of a site's settings. Secrets are named by their mark; a new one is added."""
    try:
        held_answer = HeldAnswer(form.get("held_answer", ""))
    except ValueError:
        raise InvalidInput(Fault(pointer="/held_answer", detail=_("no such answer"))) from None
    kept = [one for one in site.settings.phase_secrets if not form.get(f"forget-{_mark(one)}")]
    new = form.get("phase_secret", "").strip()
    return replace(
        site.settings,
        held_answer=held_answer,
        abuse_is_spam=form.get("abuse_is_spam") == "on",
        phase_secrets=(*kept, new) if new else tuple(kept),
    )


def _mark(secret: str) -> str:
    """Return what stands for a secret on a page: it says which one, and nothing of what it is."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _newest_first(keys: list[tuple[IssuedKey, datetime]]) -> list[tuple[IssuedKey, datetime]]:
    return keys[::-1]


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").split() if line.strip()]


def _curl(request: Request[Any], key: str) -> str:
    """Return a command that posts a comment with a key."""
    found: Services = services(request)
    return (
        f"curl {found.settings.address}/v1/comments -H 'Authorization: Bearer {key}'"
        """ -H 'Content-Type: application/json' -d '{"text": "A first comment."}'"""
    )


def _back(site: Site, told: str) -> Response:
    return see_other(f"/console/sites/{site.id}?told={told}")


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/sites", list_sites, methods=["GET"]),
    Route("/console/sites", add_site, methods=["POST"]),
    Route("/console/sites/{site}", show_site, methods=["GET"]),
    Route("/console/sites/{site}", change_site, methods=["POST"]),
    Route("/console/sites/{site}/keys", issue_key, methods=["POST"]),
    Route("/console/sites/{site}/keys/{key}/revoke", revoke_key, methods=["POST"]),
    Route("/console/sites/{site}/webhooks", add_webhook, methods=["POST"]),
    Route("/console/sites/{site}/webhooks/{endpoint}/disable", disable_webhook, methods=["POST"]),
]
