"""A version on trial scores what was answered, and what it would have done is counted. It changes no answer.

Comments wait in memory, a thousand at most: what is too much is dropped and counted, never waited for.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC
from typing import Final, NamedTuple

import anyio.to_thread

from moderator.classifier.serving import Candidate, Scope
from moderator.domain.comments import Comment
from moderator.domain.errors import ModelRefused, NotFound
from moderator.domain.events import ActorKind
from moderator.domain.judging import judge
from moderator.domain.policy import Facts, Policy, Verdict
from moderator.domain.scoring import Label, Scored
from moderator.domain.shadow import Ending, Turn, Watched, conclude
from moderator.services import Services
from moderator.storage import shadow
from moderator.storage.audit import Actor
from moderator.storage.shadow import Comparison, Flip, Moved, Run
from moderator.usecases import models

MOST_WAITING: Final = 1_000
AT_A_TIME: Final = 50  # A thread with more would keep answers waiting for Python's lock.
TRIALS_SHOWN: Final = 5
FLIPS_SHOWN: Final = 20
SERVICE: Final = Actor(kind=ActorKind.SERVICE)


class _Compared(NamedTuple):
    """A comment with the verdict that the version on trial comes to."""

    watched: Watched
    scored: Scored
    verdict: Verdict


def watch(services: Services, comment: Comment, facts: Facts, scored: Scored | None, verdict: Verdict) -> None:
    """Put an answered comment before the version on trial for its site, if there is one."""
    found = services.candidate_of(comment.site_id)
    if found is None or scored is None:
        return
    if len(services.watched) >= MOST_WAITING:
        services.watched_dropped[found[0]] += 1
        services.metrics.shadow_dropped.inc()
        return
    services.watched.append(Watched(comment=comment, facts=facts, scored=scored, verdict=verdict))


async def compare_waiting(services: Services) -> int:
    """Let versions on trial score what waits, and count what they make of it. Return how many comments that were."""
    taken = [services.watched.popleft() for _ in range(min(AT_A_TIME, len(services.watched)))]
    candidates = dict(services.candidates)
    by_scope: dict[Scope, list[Watched]] = defaultdict(list)
    for one in taken:
        found = services.candidate_of(one.comment.site_id)
        # What was answered by another version than the one in use now compares nothing.
        if found is not None and one.scored.model == services.scorer_of(one.comment.site_id).version:
            by_scope[found[0]].append(one)
    for scope, watched in by_scope.items():
        candidate = candidates[scope]
        compared = await anyio.to_thread.run_sync(_compare, services, candidate, watched)
        await _count(services, scope, candidate, compared)
        services.metrics.shadow_compared.inc(len(compared))
    return len(taken)


def _compare(services: Services, candidate: Candidate, watched: Sequence[Watched]) -> list[_Compared]:
    texts, langs = [one.comment.text for one in watched], [one.comment.lang for one in watched]
    found = candidate.scorer.score_many(texts, langs)
    return [
        _Compared(one, scored, judge(_policy(services, candidate, one), one.comment, scored, one.facts))
        for one, scored in zip(watched, found, strict=True)
        if scored is not None
    ]


def _policy(services: Services, candidate: Candidate, one: Watched) -> Policy:
    """Return the policy of the comment's site with the thresholds that the version on trial brings."""
    policy = services.directory.policies[one.comment.site_id]
    model = candidate.scorer.model
    return model.complete(policy) if model else policy


async def _count(services: Services, scope: Scope, candidate: Candidate, compared: Sequence[_Compared]) -> None:
    turns: Counter[tuple[str, Turn]] = Counter()
    flips = []
    for one in compared:
        turn = Turn(before=one.watched.verdict.action, after=one.verdict.action)
        turns[one.watched.comment.received_at.astimezone(UTC).date().isoformat(), turn] += 1
        if turn.is_flip:
            flips.append(Flip(comment_id=one.watched.comment.id, turn=turn))
    run = models.run_of(services, scope, candidate.trial)
    async with services.database.transaction() as connection:
        await shadow.count(connection, run, turns, _moved(compared), flips)


def _moved(compared: Sequence[_Compared]) -> dict[Label, Moved]:
    found = {}
    for label in Label:
        moves = [
            one.scored.scores[label] - one.watched.scored.scores[label]
            for one in compared
            if label in one.scored.scores and label in one.watched.scored.scores
        ]
        if moves:
            sizes = [abs(move) for move in moves]
            found[label] = Moved(
                number=len(moves),
                mean=sum(moves) / len(moves),
                mean_size=sum(sizes) / len(sizes),
                largest=max(sizes),
            )
    return found


async def settle(services: Services) -> int:
    """Look after each trial: record that it has begun, end it when it is over, promote what has stood it.

    Return how many have ended.
    """
    ended = 0
    for scope, candidate in list(services.candidates.items()):
        begun = models.run_of(services, scope, candidate.trial)
        found = await _find(services, begun)
        if found is None:
            await models.record_trial(services, SERVICE, begun)
            continue
        await _count_dropped(services, begun)
        ending = found.run.ending or _ending(services, found, in_use=begun.against)
        if ending is not None:
            await _end(services, found.run, ending)
            ended += 1
    return ended


async def _find(services: Services, begun: Run) -> Comparison | None:
    async with services.database.read() as connection:
        run = await shadow.find_run(connection, begun)
        return await shadow.compare(connection, run) if run else None


async def _count_dropped(services: Services, run: Run) -> None:
    dropped = services.watched_dropped.pop(run.scope, 0)
    if dropped:
        async with services.database.transaction() as connection:
            await shadow.add_dropped(connection, run, dropped)


def _ending(services: Services, found: Comparison, *, in_use: str) -> Ending | None:
    if in_use == found.run.version:
        return Ending.ACTIVATED
    if in_use != found.run.against:
        return Ending.OVERTAKEN
    if not found.run.promotes:
        return None
    return conclude(found.comments, found.flips, services.now() - found.run.started)


async def _end(services: Services, run: Run, ending: Ending) -> None:
    """End a trial. It is recorded before the version is promoted, so that of several workers one does it."""
    async with services.model_turn:
        is_first = await models.end_trial(services, SERVICE, run, ending)
    if ending is Ending.PROMOTED and is_first:
        try:
            await models.activate_model(services, SERVICE, run.version, run.scope)
        except (ModelRefused, NotFound):
            async with services.database.transaction() as connection:
                await shadow.amend(connection, run, Ending.REFUSED)
    await models.reload_models(services)


async def comparisons(services: Services) -> list[Comparison]:
    """Return the newest trials with what they have shown, those that last first."""
    async with services.database.read() as connection:
        runs = await shadow.recent(connection, limit=TRIALS_SHOWN)
        found = [await shadow.compare(connection, run, flips=FLIPS_SHOWN) for run in runs]
    return sorted(found, key=lambda one: one.run.ended is not None)


def comparison_to_dict(found: Comparison) -> dict[str, object]:
    """Return a comparison as plain JSON."""
    run = found.run
    return {
        "version": run.version,
        "site": run.scope,
        "against": run.against,
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else None,
        "ending": run.ending,
        "promotes": run.promotes,
        "comments": found.comments,
        "dropped": run.dropped,
        "flips": found.flips,
        "share": found.share,
        "verdicts": [
            {"before": before, "after": after, "comments": number}
            for (before, after), number in sorted(found.verdicts.items())
        ],
        "scores": {
            label: {"mean": one.mean, "mean_size": one.mean_size, "largest": one.largest}
            for label, one in found.moved.items()
        },
        "flipped": [
            {"comment": one.comment_id, "before": one.turn.before, "after": one.turn.after} for one in found.flipped
        ],
    }
