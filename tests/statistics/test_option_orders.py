"""Consistency and strict accuracy over the option orders of a question."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medosce.statistics import Reason, clustered_proportion, consistency, strict_accuracy, strict_units


def test_a_unit_is_consistent_when_every_order_gets_the_same_option() -> None:
    chosen, unit = [7, 7, 7, 1, 1, 2, 3, 3], [0, 0, 0, 1, 1, 1, 2, 2]
    estimate = consistency(chosen, unit, unit)
    assert (estimate.value, estimate.n, estimate.groups) == (pytest.approx(2 / 3), 3, 3)
    assert estimate.low is not None and estimate.method == "wilson"


def test_a_reply_without_an_option_agrees_with_nothing() -> None:
    assert consistency([-1, -1, 4, 4], [0, 0, 1, 1], [0, 0, 1, 1]).value == 0.5


def test_a_question_asked_once_says_nothing_about_consistency() -> None:
    assert consistency([1, 1, 5], [0, 0, 1], [0, 0, 1]).n == 1
    once = consistency([1, 2, 3], [0, 1, 2], [0, 1, 2])
    assert (once.value, once.reason) == (None, Reason.ONE_ORDER)


def test_one_wrong_order_spoils_a_unit() -> None:
    estimate = strict_accuracy([1, 1, 1, 0, 0, 0, 1], [0, 0, 1, 1, 2, 2, 3], [0, 0, 1, 1, 2, 2, 3])
    assert (estimate.value, estimate.n) == (0.5, 4)


def test_language_twins_are_units_of_one_cluster() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(100), 10)
    unit = np.repeat(np.arange(200), 5)
    correct = rng.random(1000) < np.repeat(rng.random(100) ** 0.05, 10)
    estimate = strict_accuracy(correct, unit, group)
    by_hand = correct.reshape(200, 5).all(axis=1)
    assert estimate == clustered_proportion(by_hand, np.arange(200) // 2)
    assert (estimate.n, estimate.groups, estimate.method) == (200, 100, "wilson, design effect")


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(-1, 3)), min_size=1, max_size=50))
@settings(max_examples=100, deadline=None)
def test_the_reductions_are_those_of_plain_loops(rows: list[tuple[int, int]]) -> None:
    unit, chosen = (np.array(column) * 10**9 for column in zip(*rows, strict=True))
    by_unit: dict[int, list[int]] = {}
    for u, c in zip(unit.tolist(), chosen.tolist(), strict=True):
        by_unit.setdefault(u, []).append(c)
    several = [cs for cs in by_unit.values() if len(cs) > 1]
    estimate = consistency(chosen, unit, unit)
    if several:
        same = sum(len(set(cs)) == 1 and cs[0] >= 0 for cs in several)
        assert estimate.value == pytest.approx(same / len(several))
    else:
        assert estimate.reason == Reason.ONE_ORDER
    every, _ = strict_units(chosen > 0, unit, unit)
    assert every.tolist() == [all(c > 0 for c in by_unit[u]) for u in sorted(by_unit)]


def test_no_rows_and_torn_units() -> None:
    assert consistency([], [], []).reason == Reason.NO_ROWS
    assert strict_accuracy([], [], []).reason == Reason.NO_ROWS
    with pytest.raises(ValueError, match="within one cluster"):
        strict_accuracy([1, 1], [0, 0], [0, 1])
