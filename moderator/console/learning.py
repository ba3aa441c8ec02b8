"""The learning page, for administrators: what the model learned, what the gate said, and what waits to be learned.

Words and their examples are read from comments that are still there whenever somebody looks, and kept nowhere: what is
erased is gone from here, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from moderator.classifier import history, registry
from moderator.classifier.history import PastRun
from moderator.classifier.manifest import Curve, Manifest
from moderator.classifier.scorer import Scorer
from moderator.classifier.shift import Shift, shifts
from moderator.console.administering import admin_session, show_page
from moderator.console.charts import BOX, MARKS, diagram
from moderator.console.language import marked
from moderator.console.own_rulings import DAYS, MOST_COMMENTS, OwnRulings, own_rulings
from moderator.console.plots import LINE_HEIGHT, LINE_WIDTH, line
from moderator.console.session import shown
from moderator.domain.comments import Site
from moderator.domain.errors import ModelRefused, NotFound
from moderator.domain.estimates import Estimate, estimate
from moderator.domain.ids import CommentId, SiteId
from moderator.domain.people import Person
from moderator.domain.policy import Action
from moderator.services import Services
from moderator.storage import opinions, people, taught, watching
from moderator.web import services

REPORT: Final = "report.html"
TEXTS: Final = 200  # Reading a comment's words in two models takes about 3 ms.
MOST_WORDS: Final = 12
MAX_REPORT_BYTES: Final = 8 * 1024 * 1024
_ATTACHED: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
_turn: Final = anyio.Lock()  # One at a time: it loads a second model.

OUTCOMES: Final[Mapping[str, str]] = {
    "activated": marked("put to use"),
    "published": marked("published, not put to use"),
    "refused": marked("refused by the gate"),
    "nothing_to_learn": marked("too little to learn from"),
    "failed": marked("could not be made"),
}
MOVES: Final[Mapping[str, str]] = {
    "nothing": marked("nothing"),
    "intercept": marked("how high all scores are"),
    "calibration": marked("how scores are spread"),
    "weights": marked("the weight of words"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version that learned, or the base of some. `has_report` says whether there is one to fetch."""

    manifest: Manifest
    has_report: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """What stands in the folder of models: the runs and the versions, the newest first, and the one in use.

    `before` is the version that the one in use is compared with, `base` the one that has promises to show; both None
    where there is none.
    """

    runs: Sequence[PastRun]
    versions: Sequence[Version]
    in_use: Manifest | None
    before: Manifest | None
    base: Manifest | None

    @property
    def curve(self) -> Curve | None:
        """Return the risk–coverage curve of the version in use, or of its base where it has none of its own."""
        own = self.in_use.curve if self.in_use else None
        return own or (self.base.curve if self.base else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audits:
    """What checks drawn by chance say of one kind of the machine's verdicts."""

    action: Action
    estimate: Estimate


@shown
async def show_learning(request: Request[Any]) -> Response:
    """`GET /console/learning`: of the version that all sites share, or of a `site`'s own and its runs.

    With `own`, a site, how far its people agree with the scores of the version in use.
    """
    session, found = await admin_session(request), services(request)
    sites = _sites(found, session.person)
    site = _chosen(sites, request.query_params.get("site"))
    ids = [one.id for one in sites] if site is None else [site.id]
    scope = site.id if site else None
    disk = await anyio.to_thread.run_sync(_look, found, scope)
    last = next((run for run in disk.runs if run.outcome != "failed"), None)
    until = datetime.fromisoformat(last.until) if last and last.until else None
    since = found.now() - timedelta(days=DAYS)
    async with found.database.read() as connection:
        texts = await taught.newest(connection, ids, most=TEXTS) if disk.before else []
        waiting = await taught.count_since(connection, ids, until)
        audited = await watching.audited(connection, ids, since)
        agreement = await opinions.agreement(connection, ids, since)
        names = await people.list_names(connection)
    own = await _own(found, sites, disk.in_use, request.query_params.get("own") or scope)
    curve = disk.curve
    return await show_page(
        request,
        session,
        "learning.html",
        disk=disk,
        last=last,
        now=found.now(),
        untaught=waiting,
        words=await _words(found, scope, disk, texts),
        texts=len(texts),
        audits=[
            Audits(action=action, estimate=estimate(one.stratum for one in audited if one.verdict is action))
            for action in (Action.APPROVE, Action.REJECT)
        ],
        agreement=agreement,
        names=names,
        outcomes=OUTCOMES,
        moves=MOVES,
        sites=sites,
        site=site,
        has_own=scope in found.site_scorers,
        own=own,
        own_dots=diagram(own.groups) if own else [],
        days=DAYS,
        most=MOST_COMMENTS,
        curve=line([(one.share, one.risk, one.low, one.high) for one in curve.approved]) if curve else None,
        automated=line([(one.share, one.risk, one.low, one.high) for one in curve.automated]) if curve else None,
        width=LINE_WIDTH,
        height=LINE_HEIGHT,
        box=BOX,
        marks=MARKS,
    )


@shown
async def fetch_report(request: Request[Any]) -> Response:
    """`GET /console/models/{version}/report`: a version's model card and report, as a file to keep."""
    await admin_session(request)
    version = request.path_params["version"]
    content = await anyio.to_thread.run_sync(_report, services(request), version)
    name = f"{version}-{REPORT}"
    headers = {**_ATTACHED, "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/html", headers=headers)


def _chosen(sites: Sequence[Site], wanted: str | None) -> Site | None:
    """Return the site that somebody asks for, None for what all share."""
    if not wanted:
        return None
    for site in sites:
        if site.id == wanted:
            return site
    raise NotFound("There is no such site.")


def _scorer(found: Services, scope: SiteId | None) -> Scorer:
    return found.scorer if scope is None else found.scorer_of(scope)


def _look(found: Services, scope: SiteId | None) -> OnDisk:
    folder, version = found.models_folder, _scorer(found, scope).version
    manifests = {}
    for name in registry.list_versions(folder):
        try:
            manifests[name] = registry.read_manifest(folder, name)
        except ModelRefused:
            continue  # The page of the models says what is wrong with it.
    in_use = manifests.get(version or "")
    base = manifests.get(in_use.parent or "") if in_use and in_use.learned else in_use
    parents = {one.parent for one in manifests.values() if one.learned}
    shown = [one for name, one in manifests.items() if one.learned or name in parents or one is in_use]
    return OnDisk(
        runs=history.read(folder, scope),
        versions=[
            Version(manifest=one, has_report=(folder / one.version / REPORT).is_file())
            for one in sorted(shown, key=lambda one: one.created, reverse=True)
        ],
        in_use=in_use,
        before=_before(found, scope, manifests, in_use),
        base=base,
    )


def _before(
    found: Services, scope: SiteId | None, manifests: Mapping[str, Manifest], in_use: Manifest | None
) -> Manifest | None:
    """Return the version before the one in use, if both go back to one base; else that base. None for a base."""
    if in_use is None or in_use.learned is None:
        return None
    try:
        own = scope if scope in found.site_scorers else None
        previous = manifests.get(registry.previous_version(found.models_folder, own) or "")
    except ModelRefused:
        previous = None
    if previous and in_use.parent in (previous.version, previous.parent):
        return previous
    return manifests.get(in_use.parent or "")


async def _words(
    found: Services, scope: SiteId | None, disk: OnDisk, texts: Sequence[tuple[CommentId, str]]
) -> Sequence[Shift]:
    """Return which words of some comments weigh otherwise in the version in use than in the one before."""
    model, in_use, before = _scorer(found, scope).model, disk.in_use, disk.before
    if not texts or model is None or in_use is None or before is None or model.version != in_use.version:
        return []

    def compare() -> Sequence[Shift]:
        earlier = registry.load_version(found.models_folder, before.version)
        stretch = {
            label: in_use.calibration[label].slope / before.calibration[label].slope for label in in_use.labels
        }  # fmt: skip
        return shifts(earlier, model, stretch, texts, MOST_WORDS)

    async with _turn:
        try:
            return await anyio.to_thread.run_sync(compare)
        except ModelRefused:
            return []  # It was removed meanwhile, or is damaged; the page of the models says so.


def _report(found: Services, version: str) -> bytes:
    if version not in registry.list_versions(found.models_folder):
        raise NotFound("There is no such model version.")
    path = found.models_folder / version / REPORT
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_REPORT_BYTES:
        raise NotFound("This version has no report.")
    return path.read_bytes()


def _sites(found: Services, person: Person) -> list[Site]:
    return sorted(
        (site for site in found.directory.sites.values() if person.may_see(site.id)),
        key=lambda site: site.name.casefold(),
    )


async def _own(
    found: Services, sites: Sequence[Site], in_use: Manifest | None, wanted: str | None
) -> OwnRulings | None:  # fmt: skip
    """Return what a site's people decided on the version in use; of the first site when none was named."""
    if wanted and wanted not in {site.id for site in sites}:
        raise NotFound("There is no such site.")
    if in_use is None or not sites:
        return None
    return await own_rulings(found, SiteId(wanted) if wanted else sites[0].id, in_use.version)


ROUTES: Final[list[BaseRoute]] = [
    Route("/console/learning", show_learning, methods=["GET"]),
    Route("/console/models/{version}/report", fetch_report, methods=["GET"]),
]
