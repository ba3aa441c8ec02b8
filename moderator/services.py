"""The long-lived objects of the service, and the only place that puts them together."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from moderator.classifier import registry
from moderator.classifier.model import Model
from moderator.classifier.scorer import Scorer
from moderator.directory import Directory
from moderator.domain.comments import Site
from moderator.domain.errors import ModelRefused, NotFound
from moderator.domain.ids import IdSource, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Policy
from moderator.identity import Provider
from moderator.log import logger
from moderator.metrics import Metrics
from moderator.rates import MinuteCounts, TokenBuckets
from moderator.settings import Settings
from moderator.storage.database import Database
from moderator.storage.engine import open_database
from moderator.storage.migrate import check_schema, migrate


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Services:
    """What use cases work with. Tests build their own with a fixed clock and ids."""

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
    identity: Provider | None = None
    model_refused: str | None = None
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

    def policy_for(self, site_id: SiteId) -> Policy:
        """Return a site's policy with the thresholds of the model in use."""
        policy = self.directory.policies[site_id]
        key = (site_id, policy.version, self.scorer.version)
        found = self._policies.get(key)
        if found is None:
            model = self.scorer.model
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
        identity=_new_provider(settings, now, monotonic),
        _policies={},
    )


def _new_provider(settings: Settings, now: Callable[[], datetime], monotonic: Callable[[], float]) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    return Provider(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
        monotonic=monotonic,
        clock=lambda: now().timestamp(),
    )


@asynccontextmanager
async def open_services(settings: Settings, *, read_only: bool = False) -> AsyncIterator[Services]:
    """Open the database and the current model. Without a usable model the service runs, and holds every comment.

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
        services = new_services(settings, database, Scorer(None))
        load_model(services)
        await services.directory.refresh(database)
        yield services
    finally:
        await database.close()


def load_model(services: Services) -> bool:
    """Load the version that CURRENT names, if it is not the one in use. Return whether the model changed.

    On any doubt about the files the model in use stays; `model_refused` then says why, once.
    """
    folder = services.models_folder
    try:
        version = registry.current_version(folder)
        if version is None or version == services.scorer.version:
            services.model_refused = None
            services.metrics.set_model(services.scorer.version)
            return False
        model: Model = registry.load_version(folder, version)
    except ModelRefused as error:
        if services.model_refused != str(error):
            services.model_refused = str(error)
            services.metrics.model_refused.inc()
            logger.error("model_refused", reason=str(error), kept=services.scorer.version)
        return False
    services.scorer.swap(model)
    services.model_refused = None
    services.metrics.set_model(model.version)
    logger.info("model_loaded", version=model.version)
    return True
