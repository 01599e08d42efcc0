"""How fast to ask: adaptive concurrency, rate limits, waits between tries and the time-out of a stalled answer.

Pure arithmetic over a clock handed in, so that it is tested without waiting.
"""

import random
import statistics
from collections import deque

MAX_TRIES = 6
CONNECT_TRIES = 3
BUSY_TRIES = 3  # times as many where the endpoint only asks for patience
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
BUSY_KINDS = frozenset({"429", "503", "529"})
PRESSURE_KINDS = BUSY_KINDS | {"stall"}


class Concurrency:
    """Additive increase, multiplicative decrease of the requests in flight (Chiu and Jain 1989).

    Starts at `start` and doubles each round until the first sign of pressure, then adds one a round; a round is `limit`
    answers. Pressure (429, 503, time-out, or a median latency 3 times and half a second above the best round's) takes 30 %
    off, at most once in `settle` seconds, since all requests in flight report the same congestion. Each cut for latency
    concedes half as much again to the best round: later questions may need longer answers, and that is no congestion.
    """

    def __init__(self, most: int, *, start: int | None = None, adaptive: bool = True) -> None:
        self.most, self.adaptive = max(1, most), adaptive
        self.limit = float(min(self.most, max(1, start or 8))) if adaptive else float(self.most)
        self._probing, self._answers, self._cut_at = True, 0, float("-inf")
        self._round: list[float] = []
        self._best = float("inf")

    def answered(self, seconds: float, now: float) -> None:
        """An answer arrived after `seconds`."""
        self._answers += 1
        self._round.append(seconds)
        if self._answers < self.limit:
            return
        median = statistics.median(self._round)
        self._answers, self._round = 0, []
        if self.adaptive and median > 3 * self._best and median > self._best + 0.5:
            self.pressed(now)
            self._best *= 1.5
            return
        self._best = min(self._best, median)
        self.limit = min(self.most, self.limit * 2 if self._probing else self.limit + 1)

    def pressed(self, now: float, settle: float = 1.0) -> None:
        """The endpoint showed pressure."""
        self._probing = False
        if now - self._cut_at < settle:
            return
        self._cut_at = now
        self.limit = max(1.0, self.limit * 0.7)


class TokenBucket:
    """At most `per_minute` units a minute, with a burst of one second's worth (at least one request)."""

    def __init__(self, per_minute: float, now: float) -> None:
        self.rate = per_minute / 60
        self.burst = max(1.0, self.rate)
        self._level, self._at = self.burst, now

    def wait(self, units: float, now: float) -> float:
        """Take `units` and return the seconds to wait before using them; debts are carried, so waiters queue fairly."""
        self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        self._level -= units
        return max(0.0, -self._level / self.rate)


class StallClock:
    """How long to wait for an answer: `limit`, or ten times the 99th percentile seen (never under 30 s) once 50 answers
    are known. So a stalled answer is caught soon at a fast endpoint and a slow reasoning model is left its time."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._seen: deque[float] = deque(maxlen=500)
        self._count, self._current = 0, limit

    def answered(self, seconds: float) -> None:
        self._seen.append(seconds)
        self._count += 1
        if self._count >= 50 and self._count % 50 == 0:
            ordered = sorted(self._seen)
            self._current = min(self.limit, max(30.0, 10 * ordered[int(len(ordered) * 0.99)]))

    @property
    def seconds(self) -> float:
        return self._current


def wait_before(next_try: int, retry_after: float | None, draw: random.Random) -> float:
    """Seconds before try `next_try` (2 is the first repeat): what the endpoint asked for plus up to 10 %, else
    exponential with full jitter, capped at 30 s. An endpoint may ask for at most ten minutes."""
    if retry_after:
        return min(retry_after, 600.0) * (1 + 0.1 * draw.random())
    return draw.uniform(0.05, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (next_try - 2)) + 0.05)
