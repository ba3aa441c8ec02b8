"""The commands that write, by name: what the command line does, directly or through a running service.

Arguments and answers are plain JSON, so that both ways carry the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from moderator.domain.certificates import Certificate
from moderator.domain.comments import Article, Author, Comment, Site, Status
from moderator.domain.errors import Fault, InvalidInput, ModerationError, NotFound
from moderator.domain.estimates import more_needed
from moderator.domain.events import ActorKind
from moderator.domain.findings import NO_FORM, Form
from moderator.domain.golden import GoldenExample, Wanted
from moderator.domain.ids import CommentId, ExampleId, KeyId, SiteId
from moderator.domain.people import KeyKind, Role
from moderator.domain.sites import HeldAnswer
from moderator.services import Services
from moderator.storage import people, policies
from moderator.storage.audit import Actor
from moderator.storage.people import Account
from moderator.storage.policies import policy_to_dict
from moderator.usecases import feedback, golden, manage, models, staffing
from moderator.usecases import policies as policies_in
from moderator.usecases.certificates import lift_alarm
from moderator.usecases.moderate import Moderated, moderate_many

OPERATOR = Actor(kind=ActorKind.OPERATOR)


async def site_add(services: Services, *, name: str, origins: list[str], akismet: bool = False) -> dict[str, Any]:
    """Add a site; the keys in the answer are shown this once."""
    added = await manage.add_site(services, OPERATOR, name, origins=origins, akismet=akismet)
    return _without_none(
        site_id=added.site.id,
        name=added.site.name,
        key=added.key,
        public_key=added.public_key,
        akismet_key=added.akismet_key,
    )


async def site_set(
    services: Services,
    *,
    site: str,
    held_answer: str | None,
    abuse_is_spam: bool | None,
    phase_secrets: list[str] | None,
) -> dict[str, Any]:
    """Change what is named of a site's settings. Secrets are answered by their number alone."""
    before = services.site(find_site(services, site))
    after = replace(
        before.settings,
        held_answer=before.settings.held_answer if held_answer is None else HeldAnswer(held_answer),
        abuse_is_spam=before.settings.abuse_is_spam if abuse_is_spam is None else abuse_is_spam,
        phase_secrets=before.settings.phase_secrets if phase_secrets is None else tuple(phase_secrets),
    )
    return site_to_dict(await manage.change_site(services, OPERATOR, before.id, after))


def site_to_dict(site: Site) -> dict[str, Any]:
    """Return a site with its settings, but no secret."""
    return {
        "site_id": site.id,
        "name": site.name,
        "held_answer": site.settings.held_answer.value,
        "abuse_is_spam": site.settings.abuse_is_spam,
        "phase_secrets": len(site.settings.phase_secrets),
    }


async def key_issue(services: Services, *, site: str, kind: str, origins: list[str]) -> dict[str, Any]:
    """Issue another key for a site."""
    site_id = find_site(services, site)
    key = await manage.issue_key(services, OPERATOR, site_id, KeyKind(kind), origins=origins)
    return {"site_id": site_id, "kind": kind, "key": key}


async def key_revoke(services: Services, *, key_id: str) -> dict[str, Any]:
    """Revoke a key."""
    await manage.revoke_key(services, OPERATOR, KeyId(key_id))
    return {"key_id": key_id, "revoked": True}


async def person_add(
    services: Services, *, name: str, role: str, sites: list[str], password: str | None = None
) -> dict[str, Any]:
    """Add a person; password and token in the answer are shown this once."""
    only = [find_site(services, site) for site in sites]
    added = await manage.add_person(services, OPERATOR, name, Role(role), password=password, only_sites=only)
    return {
        "person_id": added.person.id,
        "name": added.person.name,
        "role": added.person.role.value,
        "password": added.password,
        "token": added.token,
    }


async def person_change(services: Services, *, name: str, role: str | None, sites: list[str] | None) -> dict[str, Any]:
    """Change what is named of a person's role and sites."""
    person = (await _account(services, name)).person
    changed = await staffing.change_role(
        services,
        OPERATOR,
        person.id,
        person.role if role is None else Role(role),
        only_sites=person.sites if sites is None else [find_site(services, site) for site in sites],
    )
    return {"person_id": changed.id, "name": changed.name, "role": changed.role.value, "sites": list(changed.sites)}


async def person_password(services: Services, *, name: str) -> dict[str, Any]:
    """Make a person a new password; it is shown this once."""
    person = (await _account(services, name)).person
    return {
        "person_id": person.id,
        "name": person.name,
        "password": await staffing.renew_password(services, OPERATOR, person.id),
    }


async def person_enable(services: Services, *, name: str) -> dict[str, Any]:
    """Let a disabled person in again."""
    person = (await _account(services, name)).person
    await staffing.enable_person(services, OPERATOR, person.id)
    return {"person_id": person.id, "disabled": False}


async def person_disable(services: Services, *, name: str) -> dict[str, Any]:
    """Disable a person, by name or id."""
    person = (await _account(services, name)).person
    await manage.disable_person(services, OPERATOR, person.id)
    return {"person_id": person.id, "disabled": True}


async def _account(services: Services, name: str) -> Account:
    """Return somebody by name or id, disabled or not. Raises NotFound."""
    async with services.database.read() as connection:
        accounts = await people.list_accounts(connection, services.now())
    for account in accounts:
        if name in (account.person.id, account.person.name):
            return account
    raise NotFound(f"There is nobody called {name!r}; moderator person list names them.")


async def policy_set(services: Services, *, site: str, body: dict[str, Any], note: str | None) -> dict[str, Any]:
    """Save a policy, as `policy show` prints it, as a site's next version."""
    site_id = find_site(services, site)
    saved = await manage.set_policy(services, OPERATOR, site_id, policies_in.read_policy(body), note=note)
    return {"site_id": site_id, "version": saved.version, "policy": policy_to_dict(saved)}


async def endpoint_add(services: Services, *, site: str, url: str) -> dict[str, Any]:
    """Add a webhook address; the secret in the answer is shown this once."""
    endpoint = await manage.add_endpoint(services, OPERATOR, find_site(services, site), url)
    return {
        "endpoint_id": endpoint.id,
        "site_id": endpoint.site_id,
        "url": endpoint.url,
        "secret": endpoint.secrets[0],
    }


async def golden_add(services: Services, *, text: str, wanted: str, site: str | None) -> dict[str, Any]:
    """Add a sentence to the golden set."""
    site_id = find_site(services, site) if site else None
    return example_to_dict(await golden.add_example(services, OPERATOR, text, Wanted(wanted), site_id=site_id))


async def golden_remove(services: Services, *, example_id: str) -> dict[str, Any]:
    """Remove a sentence from the golden set."""
    await golden.remove_example(services, OPERATOR, ExampleId(example_id))
    return {"example_id": example_id, "removed": True}


def example_to_dict(example: GoldenExample) -> dict[str, Any]:
    """Return an example as the command line shows it; `site_id` null stands for every site."""
    return {
        "example_id": example.id,
        "site_id": example.site_id,
        "wanted": example.wanted.value,
        "text": example.text,
    }


async def model_activate(services: Services, *, version: str, site: str | None = None) -> dict[str, Any]:
    """Check a model version and use it: for a site, or for all that have none of their own."""
    scope = _scope(services, site)
    previous = models.version_of(services, scope)
    current = await models.activate_model(services, OPERATOR, version, scope)
    return {"current": current, "previous": previous, "site_id": scope}


async def model_rollback(services: Services, *, site: str | None = None) -> dict[str, Any]:
    """Go back to the model before this one."""
    scope = _scope(services, site)
    previous = models.version_of(services, scope)
    return {"current": await models.rollback_model(services, OPERATOR, scope), "previous": previous, "site_id": scope}


async def model_shadow(services: Services, *, version: str | None, site: str | None, promotes: bool) -> dict[str, Any]:
    """Put a version on trial beside the one in use; without a version, end the trial."""
    scope = _scope(services, site)
    if version is None:
        return {"ended": await models.stop_trial(services, OPERATOR, scope), "site_id": scope}
    trial = await models.start_trial(services, OPERATOR, version, scope, promotes=promotes)
    against = models.version_of(services, scope)
    return {"trial": trial.version, "against": against, "promotes": trial.promotes, "site_id": scope}


def _scope(services: Services, site: str | None) -> SiteId | None:
    return None if site is None else find_site(services, site)


async def erase_comment(services: Services, *, comment_id: str) -> dict[str, Any]:
    """Erase a comment, whichever site it belongs to."""
    async with services.database.read() as connection:
        site_id = await feedback.site_of(connection, CommentId(comment_id))
    await feedback.erase(services, OPERATOR, site_id, CommentId(comment_id))
    return {"comment_id": comment_id, "erased": 1}


async def erase_author(services: Services, *, site: str, author: str) -> dict[str, Any]:
    """Erase every comment of an author: `id:…` or `email:…`."""
    if not author.startswith(("id:", "email:")):
        raise InvalidInput(Fault(pointer="/author", detail="must be id:… or email:…"))
    return {
        "author": author,
        "erased": await feedback.erase_author(services, OPERATOR, find_site(services, site), author),
    }


async def import_comments(services: Services, *, site: str, comments: list[dict[str, Any]]) -> dict[str, Any]:
    """Moderate a chunk of comments, each by itself, and say what became of them, in order."""
    site_id = find_site(services, site)
    made = [_comment(services, site_id, found) for found in comments]
    return {"results": [_result(one) for one in await moderate_many(services, made)]}


def _comment(services: Services, site_id: SiteId, found: dict[str, Any]) -> Comment:
    posted_at = found.get("posted_at")
    return Comment(
        id=CommentId(services.ids.new()),
        site_id=site_id,
        text=found["text"],
        received_at=services.now(),
        external_id=found.get("external_id"),
        article=Article(**(found.get("article") or {})),
        author=Author(**(found.get("author") or {})),
        parent_id=found.get("parent_id"),
        posted_at=datetime.fromisoformat(posted_at) if posted_at else None,
        lang=found.get("lang"),
        form=_form(found.get("form")),
    )


def _form(found: dict[str, Any] | None) -> Form:
    if not found:
        return NO_FORM
    return Form(is_trapped=bool((found.get("honeypot") or "").strip()), seconds=found.get("seconds"))


def _result(result: Moderated | ModerationError) -> dict[str, Any]:
    if not isinstance(result, Moderated):
        return {"error": str(result)}
    reasons = [reason.label or reason.code for reason in result.outcome.reasons]
    return {"status": Status(result.outcome.status).value, "is_new": result.is_new, "reasons": reasons}


def find_site(services: Services, name: str) -> SiteId:
    """Return a site's id, given that or its name. Raises NotFound, InvalidInput when two sites have the name."""
    found = [site.id for site in services.directory.sites.values() if name in (site.id, site.name)]
    if not found:
        raise NotFound(f"There is no site {name!r}; moderator site list names them.")
    if len(found) > 1:
        raise InvalidInput(Fault(pointer="/site", detail=f"{len(found)} sites have this name; give the id"))
    return found[0]


async def read_policy(services: Services, site: str, version: int | None = None) -> dict[str, Any]:
    """Return a site's policy, the newest or a certain version."""
    site_id = find_site(services, site)
    if version is None:
        policy = services.directory.policies[site_id]
    else:
        async with services.database.read() as connection:
            policy = await policies.get(connection, site_id, version)
    return {"site_id": site_id, "version": policy.version, "policy": policy_to_dict(policy)}


def _without_none(**found: str | None) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


async def certificate_lift(services: Services, *, site: str) -> dict[str, Any]:
    """Let a site's automatic verdicts be given again after an alarm."""
    site_id = find_site(services, site)
    return {"certificates": [certificate_to_dict(one) for one in await lift_alarm(services, OPERATOR, site_id)]}


def certificate_to_dict(one: Certificate) -> dict[str, Any]:
    """Return what a site's automatic verdicts of a kind rest on."""
    return {
        "site_id": one.site_id,
        "verdict": one.action.value,
        "standing": one.standing.value,
        "promise": one.promise,
        "bound": round(one.bound, 6),
        "audited": one.audited,
        "needed": one.needed if one.audited else more_needed([], one.promise),
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        "alarm_day": one.alarm_day.isoformat() if one.alarm_day else None,
        "measures": [figure.measure for figure in one.why],
    }


Command = Callable[..., Awaitable[dict[str, Any]]]

COMMANDS: Mapping[str, Command] = {
    "site.add": site_add,
    "site.set": site_set,
    "key.issue": key_issue,
    "key.revoke": key_revoke,
    "person.add": person_add,
    "person.change": person_change,
    "person.password": person_password,
    "person.enable": person_enable,
    "person.disable": person_disable,
    "policy.set": policy_set,
    "endpoint.add": endpoint_add,
    "golden.add": golden_add,
    "golden.remove": golden_remove,
    "model.activate": model_activate,
    "model.rollback": model_rollback,
    "model.shadow": model_shadow,
    "certificate.lift": certificate_lift,
    "erase.comment": erase_comment,
    "erase.author": erase_author,
    "import": import_comments,
}

WITH_MODELS: Final = frozenset({"model.activate", "model.rollback", "model.shadow", "import"})
"""Those of them that score, or change what scores: run beside no service, they load the models; the others do not."""
