"""Intervals for one proportion, against statsmodels and by simulated coverage."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta as beta_distribution
from statsmodels.stats.proportion import proportion_confint

from medosce.statistics import Reason, clustered_proportion, wilson, zero_failure_upper
from medosce.statistics.arrays import group_codes
from medosce.statistics.proportions import linearised_variance


@given(data=st.data(), n=st.integers(1, 5000), confidence=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(max_examples=100, deadline=None)
def test_wilson_is_that_of_statsmodels(data: st.DataObject, n: int, confidence: float) -> None:
    successes = data.draw(st.integers(0, n))
    estimate = wilson(successes, n, confidence)
    expected = proportion_confint(successes, n, alpha=1 - confidence, method="wilson")
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-12)
    assert estimate.value == successes / n


def test_the_outer_limit_of_a_perfect_score_is_exact() -> None:
    assert wilson(30, 30).high == 1.0
    assert wilson(0, 30).low == 0.0


def test_one_row_in_every_group_is_the_plain_wilson() -> None:
    correct = np.array([1, 0, 1, 1, 0, 1, 1])
    clustered = clustered_proportion(correct, np.array([9, -4, 2**62, 7, 1, 0, 3]))
    plain = wilson(5, 7)
    assert clustered == plain
    assert clustered.method == "wilson"


def test_the_effective_size_follows_the_design_effect() -> None:
    # By hand: group sums 3, 0, 2, 1 of sizes 3, 2, 3, 2; p = 0.6; residuals 1.2, -1.2, 0.2, -0.2.
    correct = np.array([1, 1, 1, 0, 0, 1, 1, 0, 1, 0])
    cluster = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3])
    variance = 4 / 3 * (1.44 + 1.44 + 0.04 + 0.04) / 100
    effective = 0.6 * 0.4 / variance
    assert effective < 10
    expected = proportion_confint(0.6 * effective, effective, method="wilson")
    estimate = clustered_proportion(correct, cluster)
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-12)
    assert (estimate.n, estimate.groups, estimate.method) == (10, 4, "wilson, design effect")


def test_the_variance_is_the_cluster_robust_one_of_statsmodels() -> None:
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(40), rng.integers(1, 9, 40))
    correct = rng.random(len(cluster)) < rng.random(40)[cluster]
    fit = sm.OLS(correct.astype(float), np.ones(len(cluster))).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    sums, sizes = np.bincount(cluster, correct), np.bincount(cluster).astype(float)
    assert linearised_variance(sums, sizes) == pytest.approx(40 / 39 * fit.bse[0] ** 2, rel=1e-12)


def test_copies_of_every_row_do_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(3)
    correct = rng.random(400) < 0.7
    once = clustered_proportion(correct, np.arange(400))
    copied = clustered_proportion(np.repeat(correct, 5), np.repeat(np.arange(400), 5))
    assert copied.value == pytest.approx(once.value)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high), abs=2e-4)


def test_orders_that_contradict_one_another_do_not_narrow_it_either() -> None:
    correct = np.tile([1, 0], 100)  # every group half right: design effect 0
    estimate = clustered_proportion(correct, np.repeat(np.arange(100), 2))
    plain = wilson(100, 200)
    assert (estimate.low, estimate.high) == (plain.low, plain.high)


@pytest.mark.parametrize("right", [0, 1])
def test_a_perfect_or_hopeless_score_counts_groups_not_rows(right: int) -> None:
    estimate = clustered_proportion(np.full(1000, right), np.repeat(np.arange(200), 5))
    groups = wilson(200 * right, 200)
    assert (estimate.value, estimate.low, estimate.high) == (groups.value, groups.low, groups.high)
    assert (estimate.n, estimate.groups) == (1000, 200)


def test_group_numbers_and_row_order_do_not_matter() -> None:
    rng = np.random.default_rng(8)
    correct, cluster = rng.random(500) < 0.4, rng.integers(0, 80, 500)
    shuffle = rng.permutation(500)
    scattered = rng.choice(2**60, 80, replace=False) - 2**59
    first = clustered_proportion(correct, cluster)
    second = clustered_proportion(correct[shuffle], scattered[cluster[shuffle]])
    assert (second.low, second.high) == pytest.approx((first.low, first.high), abs=1e-12)
    assert second.groups == first.groups


@given(st.lists(st.integers(-30, 60) | st.integers(-(2**63), 2**63 - 1), max_size=40))
@settings(max_examples=150, deadline=None)
def test_groups_are_numbered_without_gaps_whatever_their_integers(ids: list[int]) -> None:
    cluster = np.array(ids, dtype=np.int64)
    unique, inverse = np.unique(cluster, return_inverse=True)
    codes, groups = group_codes(cluster)
    assert groups == len(unique)
    assert codes.tolist() == inverse.tolist()


def test_one_group_has_a_value_and_no_interval() -> None:
    estimate = clustered_proportion([1, 0, 1, 1], [7, 7, 7, 7])
    assert (estimate.value, estimate.low, estimate.high) == (0.75, None, None)
    assert estimate.reason == Reason.ONE_GROUP


def test_no_rows_have_no_value() -> None:
    for estimate in (clustered_proportion([], []), wilson(0, 0)):
        assert (estimate.value, estimate.low, estimate.high) == (None, None, None)
        assert estimate.reason == Reason.NO_ROWS


@pytest.mark.parametrize(
    ("correct", "cluster"),
    [([0, 2], [0, 1]), ([0.5, 1], [0, 1]), ([0, 1], [0]), ([[0, 1]], [0]), ([0, 1], [0.5, 1.0]), (["1"], [0])],
)
def test_what_is_not_a_proportion_is_turned_away(correct: list[object], cluster: list[object]) -> None:
    with pytest.raises(ValueError, match="must"):
        clustered_proportion(np.array(correct), np.array(cluster))


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95])
def test_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="share"):
        wilson(1, 2, confidence)


@pytest.mark.parametrize(("groups", "p"), [(60, 0.5), (60, 0.8), (200, 0.95)])
def test_it_covers_dependent_rows_where_plain_wilson_does_not(groups: int, p: float) -> None:
    rng = np.random.default_rng(1)
    correlation, orders, trials = 0.3, 5, 1000
    odds = (1 - correlation) / correlation
    cluster = np.repeat(np.arange(groups), orders)
    covered = naive = 0
    for _ in range(trials):
        right = (rng.random((groups, orders)) < rng.beta(p * odds, (1 - p) * odds, (groups, 1))).ravel()
        estimate, plain = clustered_proportion(right, cluster), wilson(int(right.sum()), right.size)
        assert estimate.low is not None and estimate.high is not None
        assert plain.low is not None and plain.high is not None
        covered += estimate.low <= p <= estimate.high
        naive += plain.low <= p <= plain.high
    assert 0.93 <= covered / trials <= 0.97
    assert naive / trials < 0.87


@pytest.mark.parametrize("n", [1, 3, 30, 300, 10_000_000])
def test_zero_failures_leave_the_clopper_pearson_bound(n: int) -> None:
    assert zero_failure_upper(n) == pytest.approx(beta_distribution.ppf(0.95, 1, n), rel=1e-9)


def test_thirty_clean_runs_still_allow_nearly_a_tenth() -> None:
    assert round(zero_failure_upper(30), 3) == 0.095
    assert round(zero_failure_upper(300), 4) == 0.0099
    assert zero_failure_upper(0) == 1.0
    with pytest.raises(ValueError, match="negative"):
        zero_failure_upper(-1)
