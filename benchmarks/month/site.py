"""The service that the month is lived on: the real one, on loopback, with a clock that somebody else turns."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2

from benchmarks.month.plan import Plan
from moderator.app import build_app
from moderator.background import running
from moderator.domain.events import ActorKind
from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Role
from moderator.log import set_up_logging
from moderator.serve import Server, _config
from moderator.services import Services, open_services
from moderator.settings import Settings
from moderator.storage.audit import Actor
from moderator.usecases import manage

_OPERATOR: Final = Actor(kind=ActorKind.OPERATOR)


class Clock:
    """A clock that stands still until it is set. It never goes back."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """Return the moment."""
        return self._now

    def set(self, now: datetime) -> None:
        """Go on to a moment; one that is past already changes nothing."""
        self._now = max(self._now, now)

    def milliseconds(self) -> int:
        """Return the moment as ids have it."""
        return int(self._now.astimezone(UTC).timestamp() * 1_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSite:
    """A site whose service answers: the client to ask it with, and what each may ask."""

    services: Services
    http: httpx2.AsyncClient
    site_id: SiteId
    key: str
    tokens: dict[str, str]
    admin: str

    async def ask(self, method: str, path: str, secret: str, body: object = None) -> Any:  # JSON
        """Send a request; return the decoded answer.

        Raises:
            RuntimeError: the service refused it.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        answer = await self.http.request(method, path, content=content, headers=headers)
        if answer.status_code >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return json.loads(answer.content) if answer.content else None


def settings_of(folder: Path, audit_share: float) -> Settings:
    """Return the settings of the site in a folder, where its database and its models are."""
    return Settings(
        database=f"sqlite:///{folder}/site.db",
        models=str(folder / "models"),
        log_level="error",
        audit_share=audit_share,
        rate_per_author=0,
        on_drift="tell",  # An alarm would hold everything in both arms, and hide what learning does.
        reload_seconds=0.05,
    )


@asynccontextmanager
async def open_site(folder: Path, clock: Clock, plan: Plan) -> AsyncIterator[RunningSite]:
    """Serve a new site, with its loops, until the block ends."""
    settings = settings_of(folder, plan.audit_share)
    set_up_logging(settings)
    chance = Random(plan.seed)
    ids = IdSource(clock.milliseconds, chance.randbytes)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with open_services(settings, now=clock, ids=ids) as services, running(services):
            added = await manage.add_site(services, _OPERATOR, "The month")
            tokens = {
                one.name: (await manage.add_person(services, _OPERATOR, one.name, Role.MODERATOR)).token
                for one in plan.staff
            }
            admin = await manage.add_person(services, _OPERATOR, "Admin", Role.ADMIN)
            server = Server(_config(settings, build_app(services)), services.stopping)
            serving = asyncio.create_task(server.serve([listener]))
            async with httpx2.AsyncClient(base_url=url, timeout=60) as http:
                yield RunningSite(
                    services=services,
                    http=http,
                    site_id=added.site.id,
                    key=added.key,
                    tokens=tokens,
                    admin=admin.token,
                )
            server.should_exit = True
            await serving
