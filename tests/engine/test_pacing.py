"""Concurrency, rate limits, stalled answers and waits, under a clock of the test's own."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medosce.engine.pacing import LONGEST_WAIT, Concurrency, StallClock, TokenBucket, wait_before

EVENTS = st.lists(
    st.tuples(st.sampled_from(["answer", "pressure"]), st.floats(0.0, 100.0), st.floats(0.0, 5.0)), max_size=400
)


def answer_round(concurrency: Concurrency, seconds: float, now: float) -> None:
    """One round: as many answers as the limit allows at once."""
    for _ in range(max(1, int(concurrency.limit + 0.999))):
        concurrency.answered(seconds, now)


@given(st.integers(-3, 500), st.one_of(st.none(), st.integers(0, 500)), EVENTS)
def test_the_limit_stays_between_one_and_the_most_whatever_happens(
    most: int, start: int | None, events: list[tuple[str, float, float]]
) -> None:
    concurrency, now = Concurrency(most, start=start), 0.0
    for kind, seconds, step in events:
        now += step
        concurrency.answered(seconds, now) if kind == "answer" else concurrency.pressed(now)
        assert 1 <= concurrency.limit <= max(1, most)


def test_a_quick_endpoint_is_found_by_doubling() -> None:
    concurrency, limits = Concurrency(100), []
    for now in range(6):
        limits.append(concurrency.limit)
        answer_round(concurrency, 0.1, now)
    assert limits == [8, 16, 32, 64, 100, 100]


def test_after_the_first_pressure_the_limit_grows_by_one_a_round() -> None:
    concurrency = Concurrency(100, start=50)
    concurrency.pressed(0.0)
    assert concurrency.limit == pytest.approx(35)
    for now in range(1, 4):
        answer_round(concurrency, 0.1, now)
    assert concurrency.limit == pytest.approx(38)


def test_one_congestion_reported_by_many_requests_is_one_cut() -> None:
    concurrency = Concurrency(100, start=100)
    for step in range(50):
        concurrency.pressed(10 + step / 100)
    assert concurrency.limit == pytest.approx(70)
    concurrency.pressed(11.01)
    assert concurrency.limit == pytest.approx(49)


def test_a_latency_three_times_the_best_is_pressure() -> None:
    concurrency = Concurrency(64, start=32)
    answer_round(concurrency, 0.5, 0.0)
    before = concurrency.limit
    answer_round(concurrency, 2.0, 10.0)
    assert concurrency.limit == pytest.approx(before * 0.7)


def test_questions_that_need_longer_answers_do_not_bring_the_limit_down_for_good() -> None:
    concurrency = Concurrency(64)
    for now in range(5):
        answer_round(concurrency, 0.2, now)
    lows = []
    for now in range(10, 200):
        answer_round(concurrency, 5.0, 10.0 * now)
        lows.append(concurrency.limit)
    assert min(lows) > 2
    assert lows[-1] == 64


def test_a_local_model_keeps_its_limit() -> None:
    concurrency = Concurrency(4, adaptive=False)
    for now in range(20):
        answer_round(concurrency, 100.0 if now else 0.01, 10.0 * now)
    assert concurrency.limit == 4


@given(st.floats(1, 6000), st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 3)), min_size=1, max_size=100))
def test_a_bucket_never_lets_more_through_than_its_rate_and_burst(
    per_minute: float, takes: list[tuple[float, float]]
) -> None:
    bucket, now, passed = TokenBucket(per_minute, 0.0), 0.0, []
    for step, units in takes:
        now += step
        passed.append((now + bucket.wait(units, now), units))
    passed.sort()
    total = 0.0
    for at, units in passed:
        total += units
        # The last one may be larger than what is left: it waits until its debt is paid.
        assert total <= at * bucket.rate + bucket.burst + 1e-6


def test_sixty_a_minute_is_one_a_second() -> None:
    bucket = TokenBucket(60, 0.0)
    assert [bucket.wait(1, 0.0) for _ in range(4)] == pytest.approx([0, 1, 2, 3])
    assert bucket.wait(1, 100.0) == 0


def test_a_stall_is_called_sooner_at_a_quick_endpoint_and_never_under_thirty_seconds() -> None:
    clock = StallClock(300)
    for _ in range(49):
        clock.answered(0.2)
    assert clock.seconds == 300, "too few answers to judge by"
    clock.answered(0.2)
    assert clock.seconds == 30
    slow = StallClock(300)
    for _ in range(50):
        slow.answered(12.0)
    assert slow.seconds == 120
    for _ in range(500):
        slow.answered(100.0)
    assert slow.seconds == 300


@given(st.lists(st.floats(0, 1000), max_size=300), st.floats(1, 1000))
def test_a_stall_is_never_called_later_than_the_user_says(seen: list[float], limit: float) -> None:
    clock = StallClock(limit)
    for seconds in seen:
        clock.answered(seconds)
        assert min(30.0, limit) <= clock.seconds <= limit


@given(st.integers(2, 60), st.integers())
def test_waits_grow_with_jitter_up_to_a_cap(next_try: int, seed: int) -> None:
    wait = wait_before(next_try, None, random.Random(seed))
    assert 0.05 <= wait <= min(LONGEST_WAIT, 0.5 * 2 ** (next_try - 2)) + 0.05


@given(st.floats(0.001, 1e9), st.integers())
def test_what_the_endpoint_asks_for_is_waited_and_little_more(asked: float, seed: int) -> None:
    wait = wait_before(2, asked, random.Random(seed))
    assert min(asked, 600) <= wait <= min(asked, 600) * 1.1


def test_a_retry_after_of_nothing_is_no_leave_to_hammer() -> None:
    assert wait_before(4, 0.0, random.Random(1)) >= 0.05


def test_waits_of_many_requests_do_not_fall_together() -> None:
    draw = random.Random(3)
    assert len({round(wait_before(5, None, draw), 3) for _ in range(100)}) > 80
