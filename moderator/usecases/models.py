"""Model versions: put one to use, for all sites or for one; go back; let one be tried beside the one in use."""

import anyio.to_thread

from moderator.classifier import pointers, registry
from moderator.classifier.pointers import SHARED, Trial
from moderator.classifier.serving import Scope
from moderator.domain.errors import Conflict, NotFound
from moderator.domain.events import AuditAction
from moderator.domain.shadow import Ending
from moderator.services import Services, load_models
from moderator.storage import shadow
from moderator.storage.audit import Actor
from moderator.storage.columns import from_ms, to_ms
from moderator.storage.shadow import Run
from moderator.usecases.acts import audit_act


def version_of(services: Services, site: Scope) -> str | None:
    """Return the version in use: by a site, or by all that have none of their own. Raises NotFound."""
    if site is None:
        return services.scorer.version
    return services.scorer_of(services.site(site).id).version


async def activate_model(services: Services, actor: Actor, version: str, site: Scope = None) -> str:
    """Check a model version, make it the current one, and use it. Return it.

    Args:
        site: the one that uses it from now on; None for all that have none of their own. For a site `SHARED` stands
            for the version of all the others.

    Raises:
        NotFound: no such version, or no such site.
        ModelRefused: it failed a check; the model in use stays.
    """
    folder = services.models_folder
    if site is not None:
        services.site(site)
    async with services.model_turn:
        if not (site is not None and version == SHARED):
            if version not in await anyio.to_thread.run_sync(registry.list_versions, folder):
                raise NotFound("There is no such model version.")
            await anyio.to_thread.run_sync(registry.load_version, folder, version)
        await anyio.to_thread.run_sync(registry.activate, folder, version, site)
        await _use(services, actor, AuditAction.MODEL_ACTIVATED, version, site)
    return version


async def rollback_model(services: Services, actor: Actor, site: Scope = None) -> str:
    """Go back to the model that was current before this one, and return its version.

    Raises:
        Conflict: there is no earlier one.
        NotFound: there is no such site, or the earlier version is gone.
        ModelRefused: it failed a check; the model in use stays.
    """
    if site is not None:
        services.site(site)
    async with services.model_turn:
        version = await anyio.to_thread.run_sync(registry.rollback, services.models_folder, site)
        await _use(services, actor, AuditAction.MODEL_ROLLED_BACK, version, site)
    return version


async def _use(services: Services, actor: Actor, action: AuditAction, version: str, site: Scope) -> None:
    # The entry comes before the loading: other workers look for one when they meet the new file.
    async with services.database.transaction() as connection:
        await audit_act(services, connection, actor, action, "model", version, site)
    await anyio.to_thread.run_sync(load_models, services)


async def start_trial(
    services: Services, actor: Actor, version: str, site: Scope = None, *, promotes: bool = False
) -> Trial:
    """Let a version score what comes in beside the one in use, without a say. It ends the trial of another one.

    Raises:
        NotFound: no such version, or no such site.
        Conflict: it is the version in use.
        ModelRefused: it failed a check.
    """
    folder = services.models_folder
    trial = Trial(version=version, started_ms=to_ms(services.now()), promotes=promotes)
    if version == version_of(services, site):
        raise Conflict(f"{version} is in use already.")
    async with services.model_turn:
        if version not in await anyio.to_thread.run_sync(registry.list_versions, folder):
            raise NotFound("There is no such model version.")
        await anyio.to_thread.run_sync(registry.load_version, folder, version)
        if earlier := services.candidates.get(site):
            await end_trial(services, actor, run_of(services, site, earlier.trial), Ending.STOPPED)
        await anyio.to_thread.run_sync(registry.start_trial, folder, trial, site)
        await record_trial(services, actor, run_of(services, site, trial))
        await anyio.to_thread.run_sync(load_models, services)
    return trial


async def stop_trial(services: Services, actor: Actor, site: Scope = None) -> str:
    """End a trial, and return the version that was on it. Raises Conflict when none was, NotFound for no site."""
    version_of(services, site)
    async with services.model_turn:
        candidate = services.candidates.get(site)
        if candidate is None:
            raise Conflict("No version is on trial here.")
        await end_trial(services, actor, run_of(services, site, candidate.trial), Ending.STOPPED)
        await anyio.to_thread.run_sync(load_models, services)
    return candidate.trial.version


def run_of(services: Services, site: Scope, trial: Trial) -> Run:
    """Return a trial as it is recorded when it begins now."""
    scorer = services.scorer if site is None else services.scorer_of(site)
    return Run(
        scope=site,
        version=trial.version,
        started=from_ms(trial.started_ms),
        against=scorer.version or "none",
        promotes=trial.promotes,
    )


async def record_trial(services: Services, actor: Actor, run: Run) -> None:
    """Record that a trial has begun, unless somebody did."""
    async with services.database.transaction() as connection:
        if await shadow.start(connection, run):
            await audit_act(services, connection, actor, AuditAction.MODEL_SHADOWED, "model", run.version, run.scope)


async def end_trial(services: Services, actor: Actor, run: Run, ending: Ending) -> bool:
    """Record how a trial ended, and take the version from it. Return False when somebody had done so."""
    async with services.database.transaction() as connection:
        is_first = await shadow.end(connection, run, ending, services.now())
        if is_first:
            await audit_act(
                services, connection, actor, AuditAction.MODEL_SHADOW_ENDED, "model", run.version, run.scope,
                ending=ending,
            )  # fmt: skip
    await anyio.to_thread.run_sync(_take_away, services, run)
    return is_first


async def reload_models(services: Services) -> None:
    """Take up what the folder of models says now."""
    async with services.model_turn:
        await anyio.to_thread.run_sync(load_models, services)


def _take_away(services: Services, run: Run) -> None:
    trial = pointers.read_trial(services.models_folder, run.scope)
    if trial and (trial.version, trial.started_ms) == (run.version, to_ms(run.started)):
        pointers.end_trial(services.models_folder, run.scope)
