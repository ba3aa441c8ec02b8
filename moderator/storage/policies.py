"""Policies: each change is a new version; old ones stay, so that any verdict can be explained."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderator.domain.errors import NotFound
from moderator.domain.ids import SiteId
from moderator.domain.policy import Action, Policy
from moderator.domain.scoring import Caution, Label, Signal, Threshold
from moderator.storage.columns import from_ms, to_json, to_ms
from moderator.storage.database import Connection, Row

ADD = """
INSERT INTO policies (site_id, version, body, note, created_by, created_ms)
VALUES (:site_id, :version, :body, :note, :created_by, :created_ms)
"""


async def add(
    connection: Connection,
    site_id: SiteId,
    policy: Policy,
    *,
    now: datetime,
    created_by: str | None = None,
    note: str | None = None,
) -> None:
    """Store a version of a site's policy."""
    await connection.execute(
        ADD,
        site_id=site_id,
        version=policy.version,
        body=to_json(policy_to_dict(policy)),
        note=note,
        created_by=created_by,
        created_ms=to_ms(now),
    )


CURRENT = """
SELECT site_id, body, version FROM policies AS newest
WHERE version = (SELECT MAX(version) FROM policies WHERE policies.site_id = newest.site_id)
"""


async def list_current(connection: Connection) -> dict[SiteId, Policy]:
    """Return the newest policy of every site."""
    return {
        SiteId(row["site_id"]): policy_from_dict(row["version"], json.loads(row["body"]))
        for row in await connection.all(CURRENT)
    }


GET = "SELECT body, version FROM policies WHERE site_id = :site_id AND version = :version"


async def get(connection: Connection, site_id: SiteId, version: int) -> Policy:
    """Return a version of a site's policy. Raises NotFound."""
    row = await connection.one(GET, site_id=site_id, version=version)
    if row is None:
        raise NotFound("There is no such version of the policy.")
    return policy_from_dict(row["version"], json.loads(row["body"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A version of a policy as it was saved. `by` is a person's id; None for the operator."""

    policy: Policy
    at: datetime
    by: str | None
    note: str | None


HISTORY = """
SELECT version, body, note, created_by, created_ms FROM policies
WHERE site_id = :site_id ORDER BY version DESC LIMIT :limit
"""


async def history(connection: Connection, site_id: SiteId, limit: int) -> list[Saved]:
    """Return the versions of a site's policy, the newest first."""
    return [_saved(row) for row in await connection.all(HISTORY, site_id=site_id, limit=limit)]


SAVED = """
SELECT version, body, note, created_by, created_ms FROM policies WHERE site_id = :site_id AND version = :version
"""


async def find_saved(connection: Connection, site_id: SiteId, version: int) -> Saved | None:
    """Return a version of a site's policy and how it came to be, or None when there is no such version."""
    row = await connection.one(SAVED, site_id=site_id, version=version)
    return None if row is None else _saved(row)


def _saved(row: Row) -> Saved:
    return Saved(
        policy=policy_from_dict(row["version"], json.loads(row["body"])),
        at=from_ms(row["created_ms"]),
        by=row["created_by"],
        note=row["note"],
    )


_LISTS = (
    "banned_phrases",
    "suspect_phrases",
    "banned_patterns",
    "suspect_patterns",
    "trusted_domains",
    "blocked_domains",
    "suspect_domains",
)


def policy_to_dict(policy: Policy) -> dict[str, Any]:
    """Return a policy as JSON values, without its version."""
    return {
        "caution": policy.caution,
        "thresholds": _thresholds_to_dict(policy.thresholds.items()),
        "sections": {name: _thresholds_to_dict(found.items()) for name, found in policy.sections.items()},
        "link_limit": policy.link_limit,
        "banned_phrases": list(policy.banned_phrases),
        "suspect_phrases": list(policy.suspect_phrases),
        "banned_patterns": list(policy.banned_patterns),
        "suspect_patterns": list(policy.suspect_patterns),
        "trusted_domains": list(policy.trusted_domains),
        "blocked_domains": list(policy.blocked_domains),
        "suspect_domains": list(policy.suspect_domains),
        "hold_doubtful_links": policy.hold_doubtful_links,
        "duplicate_limit": policy.duplicate_limit,
        "campaign_limit": policy.campaign_limit,
        "campaign_hours": policy.campaign_hours,
        "newcomer_comments": policy.newcomer_comments,
        "hold_signals": [str(signal) for signal in policy.hold_signals],
        "hold_personal_data": policy.hold_personal_data,
        "honeypot_action": str(policy.honeypot_action),
        "fastest_seconds": policy.fastest_seconds,
        "hold_everything": policy.hold_everything,
        "audit_share": policy.audit_share,
        "certified_rejects": policy.certified_rejects,
        "second_review_share": policy.second_review_share,
    }


def policy_from_dict(version: int, body: dict[str, Any]) -> Policy:
    """Return the policy that `policy_to_dict` wrote; a rule it does not name has its default."""
    if "languages" in body:
        raise ValueError("the thresholds of languages come from the model")
    fields = dict(body)
    fields["caution"] = Caution(body.get("caution", Caution.BALANCED))
    fields["thresholds"] = _thresholds_from_dict(body.get("thresholds", {}))
    fields["sections"] = {name: _thresholds_from_dict(found) for name, found in body.get("sections", {}).items()}
    for name in _LISTS:
        fields[name] = tuple(body.get(name, ()))
    if "honeypot_action" in body:
        fields["honeypot_action"] = Action(body["honeypot_action"])
    if "hold_signals" in body:
        fields["hold_signals"] = tuple(Signal(name) for name in body["hold_signals"])
    return Policy(version=version, **fields)


def _thresholds_to_dict(thresholds: Any) -> dict[str, dict[str, float]]:  # dict views of differing value types
    return {label: {"hold_at": found.hold_at, "reject_at": found.reject_at} for label, found in thresholds}


def _thresholds_from_dict(found: dict[str, dict[str, float]]) -> dict[Label, Threshold]:
    return {Label(label): Threshold(**limits) for label, limits in found.items()}
