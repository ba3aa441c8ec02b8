"""One life of the month: every day readers write and people decide; at night, in one of two arms, the model learns."""

import asyncio
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
import msgspec
import uvloop

from benchmarks.month.plan import Plan
from benchmarks.month.site import Clock, RunningSite, open_site, settings_of
from benchmarks.month.staff import HOURS, Moderator
from benchmarks.month.stream import Arrival
from moderator.domain.policy import Action
from moderator.domain.scoring import Caution, Label
from moderator.serve import SWITCH_INTERVAL_SECONDS
from moderator.storage import cases, numbers
from training import run as learning

NIGHT: Final = timedelta(days=1, hours=3)
SECONDS_A_CASE: Final = 15
SWAP_SECONDS: Final = 30.0


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine made of a comment. `margin` is how far (log odds) its worst score is above its threshold."""

    number: int
    day: int
    is_held: bool
    toxic: float
    margin: float


class Did(msgspec.Struct, frozen=True, kw_only=True):
    """A person's decision on a comment."""

    number: int
    day: int
    cause: str
    is_right: bool


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What the audits of some days say of the share of mistakes among approvals; None where they are too few."""

    audits: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """How a night's run ended, and the lines of the gate that refused it."""

    day: int
    outcome: str
    rows: int
    waiting: int
    seconds: float
    refused_by: list[str]


class Life(msgspec.Struct, kw_only=True):
    """All that happened in an arm."""

    came: list[Came] = []
    did: list[Did] = []
    nights: list[Night] = []
    waiting: list[int] = []  # Open cases at the end of each day.
    estimates: list[Estimate] = []  # One a week.
    estimate: Estimate | None = None  # Of the whole month.


def live(folder: Path, plan: Plan, *, learns: bool) -> Life:
    """Live the month in a folder that has `models`, and return what happened."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    return uvloop.run(_live(folder, plan, learns=learns))


async def _live(folder: Path, plan: Plan, *, learns: bool) -> Life:
    clock, life = Clock(plan.start), Life()
    async with open_site(folder, clock, plan) as site:
        arm = _Arm(folder=folder, plan=plan, clock=clock, site=site, life=life)
        for day in range(plan.weeks[-1]):
            await arm.live_day(day)
            if day + 1 in plan.weeks:
                first = max(week for week in plan.weeks if week <= day)
                life.estimates.append(await arm.estimate(first))
            if learns and day + 1 < plan.weeks[-1]:  # What the last night taught would judge nothing any more.
                await arm.learn(day)
        life.estimate = await arm.estimate(0)
    return life


@dataclass(slots=True, kw_only=True)
class _Arm:
    folder: Path
    plan: Plan
    clock: Clock
    site: RunningSite
    life: Life
    of_comment: dict[str, Arrival] = field(default_factory=dict)
    sent: int = 0

    async def live_day(self, day: int) -> None:
        midnight = self.plan.start + timedelta(days=day)
        did = dict.fromkeys(self.plan.staff, 0)
        for hour in range(24):
            end = midnight + timedelta(hours=hour + 1)
            await self._post_until(end, day)
            self.clock.set(end)
            if hour in HOURS:
                for one in self.plan.staff:
                    did[one] += await self._work(one, day, one.a_day * (hour - HOURS[0] + 1) // len(HOURS) - did[one])
        async with self.site.services.database.read() as connection:
            self.life.waiting.append((await cases.queue_size(connection)).open)

    async def _post_until(self, end: datetime, day: int) -> None:
        """Send what readers wrote until then, as a site does that sends every hour: one by one took three times as
        long, nearly all of it waiting for the disk."""
        arrivals, first = self.plan.arrivals, self.sent
        while self.sent < len(arrivals) and arrivals[self.sent].at < end:
            self.sent += 1
        own = arrivals[first : self.sent]
        if not own:
            return
        self.clock.set(own[-1].at)
        sent = [{"text": one.text, "lang": one.lang, "external_id": str(one.number)} for one in own]
        answer = await self.site.ask("POST", "/v1/comments/batch", self.site.key, {"comments": sent})
        for arrival, outcome in zip(own, answer["outcomes"], strict=True):
            self.of_comment[outcome["id"]] = arrival
            self.life.came.append(
                Came(
                    number=arrival.number,
                    day=day,
                    is_held=outcome["verdict"] == Action.HOLD,
                    toxic=outcome["scores"][Label.TOXIC],
                    margin=self._margin(outcome["scores"]),
                )
            )

    def _margin(self, scores: dict[str, float]) -> float:
        model = self.site.services.scorer.model
        assert model is not None
        limits = model.thresholds(Caution.BALANCED)
        return max(
            _logit(score) - _logit(limits[Label(label)].hold_at)
            for label, score in scores.items()
            if limits[Label(label)].hold_at < 1
        )

    async def _work(self, moderator: Moderator, day: int, most: int) -> int:
        """Let somebody decide up to so many cases; return how many there were."""
        token, done = self.site.tokens[moderator.name], 0
        while done < most:
            claimed = await self.site.ask("POST", "/v1/cases/claim", token, {"count": min(most - done, 10)})
            if not claimed["cases"]:
                break
            self.clock.set(self.clock() + timedelta(seconds=SECONDS_A_CASE * len(claimed["cases"])))
            async with anyio.create_task_group() as group:
                for case in claimed["cases"]:
                    group.start_soon(self._decide, moderator, token, case, day)
            done += len(claimed["cases"])
        return done

    async def _decide(self, moderator: Moderator, token: str, case: dict[str, Any], day: int) -> None:
        arrival = self.of_comment[case["comment"]["id"]]
        action, reason = moderator.decides(arrival)
        ruling = {"action": action, "reason": reason, "generation": case["generation"]}
        await self.site.ask("POST", f"/v1/cases/{case['id']}/decision", token, ruling)
        is_right = (action is Action.REJECT) == (arrival.reason is not None)
        self.life.did.append(Did(number=arrival.number, day=day, cause=case["cause"], is_right=is_right))

    async def learn(self, day: int) -> None:
        """Run what the timer runs at night, and wait until the service has taken up what it made."""
        self.clock.set(self.plan.start + timedelta(days=day) + NIGHT)
        settings = settings_of(self.folder, self.plan.audit_share)
        wish = learning.Wish(
            database=settings.database, models=Path(settings.models), activates=True, jobs=self.plan.jobs,
            checks=self.plan.checks,
        )  # fmt: skip
        began = time.monotonic()
        ran = await anyio.to_thread.run_sync(lambda: asyncio.run(learning.run(wish, self.clock(), _silent)))
        self.life.nights.append(
            Night(
                day=day,
                outcome=ran.outcome.value,
                rows=ran.rows,
                waiting=ran.waiting,
                seconds=round(time.monotonic() - began, 1),
                refused_by=[line.check for line in ran.gate if not line.passed],
            )
        )
        if ran.outcome is learning.Outcome.ACTIVATED:
            with anyio.fail_after(SWAP_SECONDS):
                # As somebody would who waits for it: by asking.
                while (await self.site.ask("GET", "/v1/models", self.site.admin))["current"] != ran.version:  # noqa: ASYNC110
                    await anyio.sleep(0.02)

    async def estimate(self, first: int) -> Estimate:
        """Return what the audits decided since the beginning of a day say of the machine's approvals."""
        since = self.plan.start + timedelta(days=first)
        async with self.site.services.database.read() as connection:
            seen = await numbers.seen(connection, [self.site.site_id], since)
        drawn = seen[Action.APPROVE].drawn
        rate = drawn.rate
        if rate is None:
            return Estimate(audits=drawn.rulings)
        return Estimate(audits=drawn.rulings, share=rate.share, low=rate.low, high=rate.high)


def _logit(score: float) -> float:
    inside = min(max(score, 1e-9), 1 - 1e-9)
    return log(inside / (1 - inside))


def _silent(_step: str, _done: int, _total: int) -> None:
    """Show no progress: thirty nights would fill the screen."""
