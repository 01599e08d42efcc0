"""The cluster bootstrap, against a bootstrap that copies rows about as the textbooks do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ks_2samp

from medosce.statistics import (
    Reason,
    choice_counts,
    choice_patterns,
    cluster_bootstrap,
    cluster_sums,
    position_bias,
)
from medosce.statistics.arrays import FloatArray
from medosce.statistics.bootstrap import collapse, resampled_totals


def ratio(totals: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        result: FloatArray = np.where(totals[:, 1] > 0, totals[:, 0] / np.maximum(totals[:, 1], 1), np.nan)
    return result


def naive_ratios(contributions: FloatArray, resamples: int, seed: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    clusters = len(contributions)
    return np.array(
        [ratio(contributions[rng.integers(0, clusters, clusters)].sum(axis=0)[None])[0] for _ in range(resamples)]
    )


@pytest.mark.parametrize("distinct", ["few", "many"])
def test_the_distribution_is_that_of_copying_clusters(distinct: str) -> None:
    rng = np.random.default_rng(4)
    sizes = rng.integers(1, 4, 300)
    right = rng.binomial(sizes, 0.6)
    contributions = np.column_stack([right, sizes]).astype(float)
    if distinct == "many":
        contributions[:, 0] = rng.random(300) * sizes
    patterns = len(collapse(contributions)[0])
    assert (patterns * 10 <= 300) == (distinct == "few")  # both ways of drawing are reached
    ours = ratio(resampled_totals(contributions, 4000, seed=1))
    theirs = naive_ratios(contributions, 4000, seed=2)
    assert ks_2samp(ours, theirs).pvalue > 0.01
    assert ours.std() == pytest.approx(theirs.std(), rel=0.06)


def test_the_interval_is_close_to_the_analytic_one() -> None:
    rng = np.random.default_rng(6)
    right = rng.random(2000) < 0.3
    estimate = cluster_bootstrap(np.column_stack([right, np.ones(2000)]), ratio, seed=9)
    p = right.mean()
    half = 1.96 * np.sqrt(p * (1 - p) / 2000)
    assert (estimate.low, estimate.high) == pytest.approx((p - half, p + half), abs=0.001)
    assert estimate.value == p


@given(arrays(np.int64, st.tuples(st.integers(1, 40), st.integers(1, 12)), elements=st.integers(-3, 3)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_collapsing_loses_no_cluster(contributions: np.ndarray, wide: bool) -> None:
    rows = contributions.astype(float) * (1e9 + 0.5 if wide else 1.0)
    patterns, counts, pattern_of = collapse(rows)
    expected, expected_counts = np.unique(rows, axis=0, return_counts=True)
    assert np.array_equal(patterns[pattern_of], rows)
    order = np.lexsort(patterns.T[::-1])
    assert np.array_equal(patterns[order], expected)
    assert np.array_equal(counts[order], expected_counts)


def test_every_resample_has_as_many_clusters_as_the_data() -> None:
    for clusters, distinct in ((50, 50), (5000, 3)):
        contributions = np.column_stack([np.ones(clusters), np.arange(clusters) % distinct])
        totals = resampled_totals(contributions, 200, seed=0)
        assert np.all(totals[:, 0] == clusters)
        assert np.ptp(totals[:, 1]) > 0


def test_memory_stays_bounded_when_clusters_outnumber_a_chunk() -> None:
    import tracemalloc

    contributions = np.random.default_rng(0).random((200_000, 2))
    tracemalloc.start()
    resampled_totals(contributions, 20, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # 20 resamples held at once would take 32 MB in each of several arrays


def test_the_seed_fixes_the_interval() -> None:
    contributions = np.column_stack([np.arange(40) % 3, np.full(40, 3)])
    same = [cluster_bootstrap(contributions, ratio, seed=5) for _ in range(2)]
    assert same[0] == same[1]
    assert resampled_totals(contributions, 50, seed=5).tolist() != resampled_totals(contributions, 50, seed=6).tolist()


def test_a_few_undefined_resamples_are_dropped_and_counted() -> None:
    contributions = np.array([[1, 1]] * 4 + [[0, 1]] * 1 + [[0, 0]] * 6)  # P(no row at all) = (6/11)^11 = 0.0013
    estimate = cluster_bootstrap(contributions, ratio, resamples=20_000, seed=1)
    assert estimate.value == 0.8
    assert 8 <= estimate.undefined_resamples <= 50
    assert estimate.low is not None and estimate.reason is None
    assert estimate.to_dict()["undefined_resamples"] == estimate.undefined_resamples


def test_many_undefined_resamples_leave_no_interval() -> None:
    estimate = cluster_bootstrap(np.array([[1, 1], [0, 1], [0, 0], [0, 0], [0, 0]]), ratio, seed=1)
    assert (estimate.value, estimate.low) == (0.5, None)
    assert estimate.reason == Reason.TOO_MANY_UNDEFINED
    assert estimate.undefined_resamples / 10_000 == pytest.approx(0.6**5, abs=0.02)


def test_degenerate_data_have_no_interval_and_a_reason() -> None:
    empty = cluster_bootstrap(np.zeros((0, 2)), ratio)
    assert (empty.value, empty.reason) == (None, Reason.NO_ROWS)
    zero = cluster_bootstrap(np.zeros((5, 2)), ratio)
    assert (zero.value, zero.reason) == (None, Reason.ZERO_DENOMINATOR)
    single = cluster_bootstrap(np.array([[3, 5]]), ratio, n=5)
    assert (single.value, single.low, single.n, single.reason) == (0.6, None, 5, Reason.ONE_GROUP)
    perfect = cluster_bootstrap(np.array([[5, 5]] * 30), ratio)
    assert (perfect.value, perfect.low, perfect.reason) == (1.0, None, Reason.NO_VARIATION)


def test_cluster_sums_add_rows_by_cluster_in_ascending_order() -> None:
    sums = cluster_sums(np.array([[1, 0], [1, 1], [1, 0], [1, 1]]), np.array([10**12, -5, 10**12, 3]))
    assert sums.tolist() == [[1, 1], [1, 1], [2, 0]]
    assert sums.dtype == np.int64
    assert cluster_sums([True, True, False], [1, 1, 0]).tolist() == [[0], [2]]
    assert cluster_sums([0.25, 0.5, 1.0], [0, 0, 1]).tolist() == [[0.75], [1.0]]


def test_bad_arguments_are_turned_away() -> None:
    with pytest.raises(ValueError, match="finite"):
        cluster_sums([0.5, np.nan], [0, 1])
    with pytest.raises(ValueError, match="one entry per row"):
        cluster_sums([1, 2], [0])
    with pytest.raises(ValueError, match="finite"):
        cluster_bootstrap(np.array([[np.nan, 1.0]]), ratio)
    with pytest.raises(ValueError, match="one value per row"):
        cluster_bootstrap(np.ones((3, 2)), lambda totals: totals)
    with pytest.raises(ValueError, match="at least 1"):
        cluster_bootstrap(np.array([[1, 2], [2, 2]]), ratio, resamples=0)


@pytest.mark.parametrize("block", [1, 7, 100, 10_000])
def test_collapsing_in_blocks_gives_the_same_clusters_and_the_same_estimate(block: int) -> None:
    rng = np.random.default_rng(block)
    gold, cluster = rng.integers(0, 4, 900), rng.integers(0, 250, 900)
    chosen = np.where(rng.random(900) < 0.5, gold, rng.integers(-1, 4, 900))
    counts = choice_counts(gold, chosen, 4, cluster)
    patterns, multiplicity = choice_patterns(gold, chosen, 4, cluster, block)
    expanded = np.repeat(patterns, multiplicity, axis=0)
    assert sorted(map(tuple, expanded.tolist())) == sorted(map(tuple, counts.tolist()))
    whole = cluster_bootstrap(counts, position_bias, n=900)
    collapsed = cluster_bootstrap(patterns, position_bias, n=900, multiplicity=multiplicity)
    assert (collapsed.value, collapsed.groups) == (whole.value, whole.groups)
    assert collapsed.low == pytest.approx(whole.low, abs=0.01) and collapsed.high == pytest.approx(whole.high, abs=0.01)
