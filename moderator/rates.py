"""Rates in memory: token buckets for keys and addresses, and comments a minute for authors.

They are counted for each process: with several workers, a limit holds for each of them.
"""

from collections import deque
from collections.abc import Hashable

MINUTE_SECONDS = 60.0
MAX_TRACKED = 50_000


class TokenBuckets:
    """A bucket for each key, refilled at `rate_per_second`, holding `burst` at most."""

    def __init__(self, *, rate_per_second: float, burst: float) -> None:
        self.rate_per_second = rate_per_second
        self.burst = burst
        self._levels: dict[Hashable, tuple[float, float]] = {}

    def take(self, key: Hashable, now: float) -> float:
        """Take one token. Return 0, or the seconds until the next one is there. A rate of 0 means no limit."""
        if self.rate_per_second <= 0:
            return 0.0
        level, since = self._levels.get(key, (self.burst, now))
        level = min(self.burst, level + max(0.0, now - since) * self.rate_per_second)
        if level < 1.0:
            self._levels[key] = (level, now)
            return (1.0 - level) / self.rate_per_second
        if len(self._levels) >= MAX_TRACKED:
            self._drop_full(now)
        self._levels[key] = (level - 1.0, now)
        return 0.0

    def _drop_full(self, now: float) -> None:
        """Forget the buckets that have filled up again: a new one would be the same."""
        refill = self.burst / self.rate_per_second
        self._levels = {key: found for key, found in self._levels.items() if now - found[1] < refill}
        while len(self._levels) >= MAX_TRACKED:
            self._levels.pop(next(iter(self._levels)))


class MinuteCounts:
    """How often each key came within the last minute."""

    def __init__(self) -> None:
        self._times: dict[Hashable, deque[float]] = {}

    def add(self, key: Hashable, now: float) -> int:
        """Count one more and return how many came within the last minute, this one included."""
        times = self._times.pop(key, None)
        if times is None:
            times = deque(maxlen=10_000)
            if len(self._times) >= MAX_TRACKED:
                self._times.pop(next(iter(self._times)))  # The one that has been quiet longest.
        while times and times[0] <= now - MINUTE_SECONDS:
            times.popleft()
        times.append(now)
        self._times[key] = times
        return len(times)
