"""Ranks of models on the same groups, with intervals."""

import numpy as np
import pytest
from scipy.stats import rankdata

from medosce.statistics import Reason, rank_intervals


def simulated(levels: list[float], clusters: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(0, 0.2, clusters)
    return np.stack([rng.binomial(5, np.clip(level + difficulty, 0, 1)) for level in levels])


def test_ranks_are_those_of_scipy_with_ties_in_the_middle() -> None:
    scores = np.array([[3, 2, 1], [5, 5, 5], [1, 2, 3], [0, 0, 1]])
    ranks = [estimate.value for estimate in rank_intervals(scores, np.full(3, 5))]
    assert ranks == rankdata(-scores.sum(axis=1)).tolist() == [2.5, 1.0, 2.5, 4.0]


def test_clearly_different_models_keep_their_places() -> None:
    estimates = rank_intervals(simulated([0.2, 0.8, 0.5], 300, 1), np.full(300, 5))
    assert [(e.value, e.low, e.high) for e in estimates] == [(3, 3, 3), (1, 1, 1), (2, 2, 2)]


def test_models_alike_share_their_interval_of_ranks() -> None:
    estimates = rank_intervals(simulated([0.5, 0.5, 0.5, 0.9], 100, 2), np.full(100, 5), seed=3)
    assert estimates[3].value == estimates[3].low == estimates[3].high == 1
    assert all((e.low, e.high) == (2, 4) for e in estimates[:3])


def test_a_model_and_its_copy_tie_in_every_resample() -> None:
    scores = simulated([0.5, 0.6], 60, 4)
    twins = rank_intervals(np.stack([scores[0], scores[0], scores[1]]), np.full(60, 5))
    assert (twins[0].value, twins[0].low, twins[0].high) == (twins[1].value, twins[1].low, twins[1].high)
    assert twins[0].low in {1.5, 2.5}


def test_rounding_in_a_sum_does_not_break_a_tie() -> None:
    assert (0.1 + 0.2) + 0.3 != (0.3 + 0.2) + 0.1
    estimates = rank_intervals(np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]), np.ones(3))
    assert [estimate.value for estimate in estimates] == [1.5, 1.5]


def test_a_paired_resampling_sees_a_small_steady_difference() -> None:
    rng = np.random.default_rng(5)
    base = rng.integers(0, 2, 400)  # very unequal groups, one model one point better in a tenth of them
    better = base * 4 + (np.arange(400) % 10 == 0)
    estimates = rank_intervals(np.stack([base * 4, better]), np.full(400, 5))
    assert [(e.low, e.high) for e in estimates] == [(2, 2), (1, 1)]


def test_each_model_may_have_its_own_number_of_rows() -> None:
    scores, rows = np.array([[4, 4, 2], [3, 2, 1]]), np.array([[5, 5, 5], [3, 2, 1]])
    first, second = rank_intervals(scores, rows)
    assert (first.value, second.value) == (2, 1)
    assert (first.n, second.n, first.groups) == (15, 6, 3)


def test_degenerate_tables_say_why() -> None:
    assert rank_intervals(np.zeros((0, 4)), np.ones(4)) == []
    assert [e.reason for e in rank_intervals(np.zeros((2, 0)), np.zeros(0))] == [Reason.NO_ROWS] * 2
    single = rank_intervals(np.array([[3], [4]]), np.array([5]))
    assert [(e.value, e.low, e.reason) for e in single] == [(2, None, Reason.ONE_GROUP), (1, None, Reason.ONE_GROUP)]
    silent = rank_intervals(np.array([[3, 2], [0, 0]]), np.array([[5, 5], [0, 0]]))
    assert {(e.value, e.reason) for e in silent} == {(None, Reason.NO_ROWS)}
    sparse = rank_intervals(np.array([[3, 2, 1], [1, 0, 0]]), np.array([[5, 5, 5], [5, 0, 0]]))
    assert {(e.low, e.reason) for e in sparse} == {(None, Reason.TOO_MANY_UNDEFINED)}
    assert sparse[0].undefined_resamples / 10_000 == pytest.approx((2 / 3) ** 3, abs=0.02)
    with pytest.raises(ValueError, match="models × clusters"):
        rank_intervals(np.ones((2, 3)), np.ones(2))
