"""From a snapshot to what is learned from: each judged comment once, as numbers, its text let go page by page."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from moderator.classifier.model import Model
from moderator.domain.feedback import Feedback
from moderator.domain.ids import SiteId
from moderator.domain.scoring import Label
from moderator.domain.teaching import HOUSE_RULES, Ruling, is_contrary, ruling_of
from moderator.storage import lessons as stored
from moderator.storage.columns import to_ms
from moderator.storage.database import Connection
from moderator.storage.lessons import Judged
from training import caps
from training.clusters import Clusters
from training.evidence import Evidence, gather
from training.features import Features, FeatureStore
from training.trigger import Witnesses

LABELS: Final = (*(label.value for label in Label), HOUSE_RULES)
MODERATORS: Final = "moderators"
_TWO_PEOPLE: Final = 2

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lessons:
    """What people said, a row each.

    `values` (0 to 1, NaN where nothing is known) and `trusts` are of each of `LABELS`, shape (rows, labels). `logits`
    are the base's calibrated ones, of its labels. `waits` says which rows contradict a sure score and have nobody to
    support them, or are disputed. `chances` are the probabilities with which rows were drawn for a check, 1 for what
    was not drawn. Authors, clusters and moderators are numbers, `caps.NOBODY` where there is none. `fresh_audits` are
    places in `evidence.audits`: those that are like no row here.
    """

    ids: Sequence[str]
    sites: NDArray[np.int64]
    times: NDArray[np.int64]
    authors: NDArray[np.int64]
    clusters: NDArray[np.int64]
    moderators: NDArray[np.int64]
    values: Matrix
    trusts: Matrix
    waits: NDArray[np.bool_]
    logits: Matrix
    chances: NDArray[np.float64]
    features: Features
    witnesses: Witnesses
    evidence: Evidence
    fresh_audits: Sequence[int]
    sources: Mapping[str, int]
    fingerprint: str

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.ids)

    def weights(self) -> NDArray[np.float64]:
        """Return what each row weighs after all caps, its labels' trust apart; what waits weighs nothing."""
        own = self.trusts.max(axis=1, initial=0.0).astype(np.float64) * ~self.waits
        capped = caps.capped(own, authors=self.authors, clusters=self.clusters, moderators=self.moderators)
        found: NDArray[np.float64] = np.divide(capped, own, out=np.zeros_like(own), where=own > 0)
        return found


Tick = Callable[[int], object]
Keep = Callable[[Sequence[tuple[str, str]]], object]


async def collect(
    connection: Connection, base: Model, idf: Matrix, site_id: SiteId | None, folder: Path, tick: Tick,
    *, now: datetime, keep: Keep | None = None,
) -> Lessons:  # fmt: skip
    """Read all that people said of a site's comments, or of every site's.

    Args:
        base: the model that is corrected; its scores say what contradicts it.
        folder: for the files of the features, which have no name.
        tick: told after each page how many more comments are read.
        now: when this is. A decision of a clock that ran ahead counts as taken now, or it would be the newest for ever.
        keep: told ids and texts of each page; they are let go else.
    """
    store = FeatureStore(folder, idf)
    try:
        evidence = await gather(connection, site_id)
        collector = _Collector(base, store, evidence, to_ms(now))
        after = ""
        while judged := await stored.page(connection, site_id, after=after):
            after = judged[-1].comment_id
            teaching = [one for one in judged if not evidence.withholds(one)]
            page = [one for judgement in teaching if (one := _of_comment(judgement))]
            collector.take(page)
            if keep:
                keep([(one.id, one.text) for one in page])
            tick(len(judged))
        after = ""
        while said := await stored.page_of_texts(connection, site_id, after=after):
            after = said[-1].id
            page = [_of_text(one) for one in said]
            collector.take(page)
            if keep:
                keep([(one.id, one.text) for one in page])
            tick(len(said))
        return collector.finish()
    finally:
        store.close()


class _Said(msgspec.Struct, frozen=True, gc=False):
    """One row before its text is let go."""

    id: str
    site: SiteId
    text: str
    author: str | None
    campaign: str | None
    person: str | None
    people: int
    is_disputed: bool
    time: int
    source: str
    chance: float
    values: dict[str, float]
    trusts: dict[str, float]


def _of_comment(judged: Judged) -> _Said | None:
    """Return what is taught by a comment; None when nothing is. A moderator's word on a label goes before any other."""
    ruling: Ruling | None = ruling_of(judged.history, judged.opinions)
    values: dict[str, float] = {}
    trusts: dict[str, float] = {}
    times = [to_ms(ruling.decided_at)] if ruling else []
    for one in judged.feedback:
        if one.trust > trusts.get(one.label, 0.0):
            values[one.label.value], trusts[one.label.value] = one.value, one.trust
        times.append(to_ms(one.given_at))
    if ruling:
        values.update(ruling.labels)
        trusts.update(dict.fromkeys(ruling.labels, 1.0))
    if not values:
        return None
    return _Said(
        id=ruling.decision if ruling else judged.comment_id,
        site=judged.site_id,
        text=judged.text,
        author=judged.author and f"{judged.site_id} {judged.author}",
        campaign=judged.campaign,
        person=ruling.person if ruling else None,
        people=ruling.people if ruling else 0,
        is_disputed=ruling.is_disputed if ruling else False,
        time=max(times[0], to_ms(judged.received_at)),  # Nobody decides before there is a comment.
        source=MODERATORS if ruling else judged.feedback[0].provenance.value,
        chance=(ruling.probability if ruling else None) or 1.0,
        values=values,
        trusts=trusts,
    )


def _of_text(one: Feedback) -> _Said:
    return _Said(
        id=one.id,
        site=one.site_id,
        text=one.text or "",
        author=None,
        campaign=None,
        person=None,
        people=0,
        is_disputed=False,
        time=to_ms(one.given_at),
        source=one.provenance.value,
        chance=1.0,
        values={one.label.value: one.value},
        trusts={one.label.value: one.trust},
    )


class _Numbering(dict[str, int]):
    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number

    def of(self, name: str | None) -> int:
        return caps.NOBODY if name is None else self[name]


class _Collector:
    def __init__(self, base: Model, store: FeatureStore, evidence: Evidence, latest: int) -> None:
        self._latest = latest
        self._base, self._store, self._witnesses, self._evidence = base, store, Witnesses(base), evidence
        self._clusters, self._sites, self._authors, self._people = Clusters(), _Numbering(), _Numbering(), _Numbering()
        self._ids: list[str] = []
        self._numbers: list[tuple[int, int, int, int]] = []  # Site, time, author, moderator.
        self._chances: list[float] = []
        self._parts: list[tuple[Matrix, Matrix, Matrix, list[bool]]] = []
        self._sources: Counter[str] = Counter()
        self._digests: list[bytes] = []

    def take(self, page: Sequence[_Said]) -> None:
        if not page:
            return
        found = self._store.add([one.text for one in page])
        logits = np.stack([self._base.logits(columns) for columns in found])
        scores = 1 / (1 + np.exp(-logits.astype(np.float64)))
        values, trusts = (_table([getattr(one, name) for one in page], empty) for name, empty in
                          (("values", np.nan), ("trusts", 0.0)))  # fmt: skip
        by_label = [dict(zip(self._base.labels, own, strict=True)) for own in scores.tolist()]
        waits = [_waits(one, own) for one, own in zip(page, by_label, strict=True)]
        self._parts.append((values, trusts, logits.astype(np.float32), waits))
        ruled = [one.values.get(HOUSE_RULES) for one in page]
        is_rejected = [
            None if value is None or is_waiting else value >= 0.5
            for value, is_waiting in zip(ruled, waits, strict=True)
        ]
        self._witnesses.add([one.text for one in page], is_rejected, scores)
        for one in page:
            self._clusters.add(one.text, one.site, one.campaign)  # type: ignore[arg-type]
            self._ids.append(one.id)
            self._numbers.append(
                (
                    self._sites[one.site],
                    min(one.time, self._latest),
                    self._authors.of(one.author),
                    self._people.of(one.person),
                )
            )
            self._chances.append(one.chance)
            self._sources[one.source] += 1
            self._digests.append(_digest(one))

    def finish(self) -> Lessons:
        sites, times, authors, moderators = np.array(self._numbers, np.int64).reshape(-1, 4).T
        width = len(LABELS)
        values, trusts, logits = (
            np.concatenate([np.empty((0, columns), np.float32), *(part[place] for part in self._parts)])
            for place, columns in ((0, width), (1, width), (2, len(self._base.labels)))
        )
        clusters = self._clusters.roots()
        return Lessons(
            ids=self._ids,
            sites=sites,
            times=times,
            authors=authors,
            clusters=np.array(clusters, np.int64),
            moderators=moderators,
            values=values,
            trusts=trusts,
            waits=np.array([one for part in self._parts for one in part[3]], np.bool_),
            logits=logits,
            chances=np.array(self._chances, np.float64),
            features=self._store.finish(),
            witnesses=self._witnesses,
            evidence=self._evidence,
            fresh_audits=self._fresh_audits(),
            sources=dict(sorted(self._sources.items())),
            fingerprint=hashlib.sha256(b"".join(sorted(self._digests))).hexdigest(),
        )

    def _fresh_audits(self) -> list[int]:
        """Return the audits that are near-duplicates of nothing that teaches: what was learned by heart proves nothing.

        To be asked last, since it numbers the audits' texts behind all others.
        """
        taught = len(self._ids)
        for one in self._evidence.audits:
            self._clusters.add(one.text, one.site_id)
        roots = self._clusters.roots()
        known = set(roots[:taught])
        return [place for place, root in enumerate(roots[taught:]) if root not in known]


def _table(rows: Sequence[Mapping[str, float]], empty: float) -> Matrix:
    found = np.full((len(rows), len(LABELS)), empty, np.float32)
    for number, row in enumerate(rows):
        for label, value in row.items():
            found[number, LABELS.index(label)] = value
    return found


def _waits(one: _Said, scores: Mapping[Label, float]) -> bool:
    """Return whether one voice alone contradicts a sure score, or a colleague and nobody has settled it."""
    return one.is_disputed or (one.people < _TWO_PEOPLE and is_contrary(one.values, scores))


def _digest(one: _Said) -> bytes:
    """Return a digest of what a row teaches, so that an erased row can be shown to be gone."""
    text = hashlib.sha256(one.text.encode("utf-8", "surrogatepass")).hexdigest()
    return hashlib.sha256(msgspec.json.encode((one.id, text, one.values, one.trusts), order="sorted")).digest()
