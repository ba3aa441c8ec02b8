"""The long-lived objects of the service, and the only place that puts them together."""

import asyncio
import secrets
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from moderator.classifier import serving
from moderator.classifier.pointers import CURRENT, SHARED
from moderator.classifier.scorer import Scorer
from moderator.classifier.serving import Candidate, Place, Scope, Serving
from moderator.directory import Directory
from moderator.domain.comments import Site
from moderator.domain.errors import NotFound
from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action, Policy
from moderator.domain.shadow import Watched
from moderator.log import logger
from moderator.metrics import Metrics
from moderator.rates import MinuteCounts, TokenBuckets
from moderator.settings import Settings
from moderator.storage.database import Database
from moderator.storage.engine import open_database
from moderator.storage.migrate import check_schema, migrate

if TYPE_CHECKING:
    from moderator.identity import Provider


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Services:
    """What use cases work with. Tests build their own with a fixed clock and ids.

    `scorer` serves every site that has none of its own in `site_scorers`. `candidates` are on trial, and
    `models_refused` says which files that name versions were not followed, and why.
    """

    settings: Settings
    database: Database
    scorer: Scorer
    directory: Directory
    metrics: Metrics
    ids: IdSource
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    key_rates: TokenBuckets
    address_rates: TokenBuckets
    author_rates: MinuteCounts
    sign_in_rates: MinuteCounts
    instance: str  # Tells this process from the other workers.
    identity: "Provider | None" = None
    site_scorers: Mapping[SiteId, Scorer] = field(default_factory=dict)
    candidates: Mapping[Scope, Candidate] = field(default_factory=dict)
    models_refused: Mapping[Place, str] = field(default_factory=dict)
    watched: deque[Watched] = field(default_factory=deque)  # Answered comments that a version on trial has not scored.
    watched_dropped: Counter[Scope] = field(default_factory=Counter)
    model_turn: anyio.Lock = field(default_factory=anyio.Lock)  # Held from a change of the files to its audit entry.
    stopping: asyncio.Event = field(default_factory=asyncio.Event)  # Set when answers that never end must end.
    _policies: dict[tuple[SiteId, int, str | None], Policy]

    @property
    def models_folder(self) -> Path:
        """Return the folder of the model versions."""
        return Path(self.settings.models)

    def site(self, site_id: SiteId) -> Site:
        """Return a site. Raises NotFound."""
        try:
            return self.directory.sites[site_id]
        except KeyError:
            raise NotFound("There is no such site.") from None

    def sites_for(self, person: Person) -> list[Site]:
        """Return the sites that somebody may see, by name."""
        seen = (site for site in self.directory.sites.values() if person.may_see(site.id))
        return sorted(seen, key=lambda site: site.name.casefold())

    @property
    def model_refused(self) -> str | None:
        """Why the version that all sites should share is not in use; None when it is."""
        return self.models_refused.get((CURRENT, None))

    def scorer_of(self, site_id: SiteId) -> Scorer:
        """Return what scores a site's texts now. Who asks again may get another: one answer is made with one scorer."""
        return self.site_scorers.get(site_id, self.scorer)

    def candidate_of(self, site_id: SiteId) -> tuple[Scope, Candidate] | None:
        """Return what is on trial for a site, and for whom: it alone, or all that have no version of their own."""
        if site_id in self.candidates:
            return site_id, self.candidates[site_id]
        if None in self.candidates and site_id not in self.site_scorers:
            return None, self.candidates[None]
        return None

    def suspended_for(self, site_id: SiteId) -> tuple[Action, ...]:
        """Return the automatic verdicts that people give on a site until an alarm is lifted."""
        return self.directory.suspended.get(site_id, ()) if self.settings.on_drift == "hold" else ()

    def policy_for(self, site_id: SiteId, scorer: Scorer | None = None) -> Policy:
        """Return a site's policy with the thresholds of the model in use, or of the one that an answer is made with."""
        policy = self.directory.policies[site_id]
        scorer = scorer or self.scorer_of(site_id)
        key = (site_id, policy.version, scorer.version)
        found = self._policies.get(key)
        if found is None:
            model = scorer.model
            found = model.complete(policy) if model else policy
            self._policies = {known: kept for known, kept in self._policies.items() if known[0] != site_id}
            self._policies[key] = found
        return found


def new_services(
    settings: Settings,
    database: Database,
    scorer: Scorer,
    *,
    now: Callable[[], datetime] = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    ids: IdSource | None = None,
) -> Services:
    """Put services together around an open database."""
    per_address = settings.rate_per_address
    return Services(
        settings=settings,
        database=database,
        scorer=scorer,
        directory=Directory(),
        metrics=Metrics(),
        ids=ids or IdSource(),
        now=now,
        monotonic=monotonic,
        key_rates=TokenBuckets(rate_per_second=settings.rate_per_key, burst=max(1.0, settings.rate_per_key)),
        address_rates=TokenBuckets(rate_per_second=per_address / 60, burst=max(1.0, float(per_address))),
        author_rates=MinuteCounts(),
        sign_in_rates=MinuteCounts(),
        instance=secrets.token_hex(8),
        identity=_new_provider(settings, now, monotonic),
        _policies={},
    )


def _new_provider(settings: Settings, now: Callable[[], datetime], monotonic: Callable[[], float]) -> "Provider | None":
    if not settings.oidc_issuer:
        return None
    from moderator.identity import Provider  # With the client that it asks with it takes 60 ms, and most have none.

    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
        monotonic=monotonic,
        clock=lambda: now().timestamp(),
    )


@asynccontextmanager
async def open_services(
    settings: Settings,
    *,
    read_only: bool = False,
    now: Callable[[], datetime] = utc_now,
    ids: IdSource | None = None,
) -> AsyncIterator[Services]:
    """Open the database and the current model. Without a usable model the service runs, and holds every comment.

    A simulation brings a clock of its own, and ids that go by it.

    Raises:
        StorageUnavailable, SecondWriter, SchemaRefused: as `open_without_models` has them.
    """
    async with open_without_models(settings, read_only=read_only, now=now, ids=ids) as services:
        load_models(services)
        yield services


@asynccontextmanager
async def open_without_models(
    settings: Settings,
    *,
    read_only: bool = False,
    now: Callable[[], datetime] = utc_now,
    ids: IdSource | None = None,
) -> AsyncIterator[Services]:
    """Open the database alone, for commands that score nothing: to load a model takes longer than most of them.

    SQLite is migrated here, before anything else happens; PostgreSQL, which other workers may be using, only by
    `moderator migrate`.

    Raises:
        StorageUnavailable, SecondWriter: the database cannot be opened.
        SchemaRefused: its schema is newer than this program, or it needs `moderator migrate`.
    """
    database = await open_database(settings.database, read_only=read_only)
    try:
        if database.engine == "sqlite" and not read_only:
            for name in await migrate(database, now_ms=int(time.time() * 1000)):
                logger.info("migration_applied", name=name)
        else:
            await check_schema(database)
        services = new_services(settings, database, Scorer(None), now=now, ids=ids)
        await services.directory.refresh(database)
        yield services
    finally:
        await database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What changed when the folder of models was looked at: versions now used, by scope; files newly refused."""

    used: Mapping[Scope, str]
    refused: Mapping[Place, str]


def load_models(services: Services) -> Loaded:
    """Load the versions that the folder's files name, as far as they are not in use, and use them.

    On any doubt about the files what is in use stays; `models_refused` then says why.
    """
    before = Serving(shared=services.scorer, sites=dict(services.site_scorers), candidates=dict(services.candidates))
    found = serving.load(services.models_folder, before)
    refused = {place: why for place, why in found.refused.items() if services.models_refused.get(place) != why}
    for (name, site), why in refused.items():
        services.metrics.model_refused.inc()
        logger.error("model_refused", file=name, site=site, reason=why, kept=services.scorer.version)
    was, now = before.versions(), found.versions()
    used = {scope: version for scope, version in now.items() if was.get(scope) != version}
    used |= {scope: SHARED for scope in was if scope not in now}
    services.scorer, services.site_scorers, services.candidates = found.shared, found.sites, found.candidates
    services.models_refused = found.refused
    services.metrics.set_model(found.shared.version)
    services.metrics.site_models.set(len(found.sites))
    for scope, version in used.items():
        logger.info("model_loaded", version=version, site=scope)
    return Loaded(used=used, refused=refused)


def load_model(services: Services) -> bool:
    """Do what `load_models` does, and return whether some scope has another version now."""
    return bool(load_models(services).used)
