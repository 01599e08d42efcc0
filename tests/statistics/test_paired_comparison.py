"""Paired tests and intervals, against statsmodels, SciPy, enumeration and published examples."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binom, binomtest, ks_2samp, permutation_test
from statsmodels.stats.contingency_tables import mcnemar

from medosce.statistics import Reason, mcnemar_exact, paired, paired_difference, sign_flip, tango_interval


@given(st.integers(0, 400), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_mcnemar_is_that_of_statsmodels(b: int, c: int) -> None:
    expected = 1.0 if b == c else mcnemar([[10, b], [c, 10]], exact=True).pvalue
    assert mcnemar_exact(b, c) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("b", "c"), [(501_500, 500_000), (70_000, 71_500), (5, 1000), (40, 3_000)])
def test_mcnemar_holds_for_many_pairs_and_far_tails(b: int, c: int) -> None:
    assert mcnemar_exact(b, c) == pytest.approx(binomtest(b, b + c).pvalue, rel=1e-7)


def test_mcnemar_at_its_ends() -> None:
    assert mcnemar_exact(0, 0) == 1.0
    assert mcnemar_exact(7, 7) == 1.0
    assert mcnemar_exact(0, 10) == pytest.approx(2 / 1024)
    assert mcnemar_exact(0, 100_000) == 0.0
    with pytest.raises(ValueError, match="negative"):
        mcnemar_exact(-1, 2)


def test_tango_reproduces_published_intervals() -> None:
    # Bentur 2009, as in Fagerland, Lydersen & Laake 2014; and R's PropCIs::scoreci.mp(25, 28, 618, 0.90).
    assert tango_interval(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert tango_interval(28, 25, 618, confidence=0.90) == pytest.approx((-0.0148, 0.0247), abs=5e-5)


@pytest.mark.parametrize(("b", "c", "n"), [(12, 2, 50), (0, 0, 30), (0, 6, 20), (9, 0, 40)])
def test_tango_inverts_the_score_test(b: int, c: int, n: int) -> None:
    def score(delta: float) -> float:
        """The score statistic, its nuisance probability found by maximising the likelihood numerically."""

        def cost(q: float) -> float:
            cells = np.maximum(np.array([q + delta, q, 1 - 2 * q - delta]), 1e-300)
            return -float(np.array([b, c, n - b - c]) @ np.log(cells))

        low, high = max(0.0, -delta), (1 - delta) / 2
        q = minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
        return float((b - c - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta))))

    z, observed = 1.959963984540054, (b - c) / n
    low = brentq(lambda d: score(d) - z, -0.99, observed - 1e-6)
    high = brentq(lambda d: score(d) + z, observed + 1e-6, 0.99)
    assert tango_interval(b, c, n) == pytest.approx((low, high), abs=1e-5)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60))
@settings(max_examples=80, deadline=None)
def test_tango_contains_the_difference_and_mirrors(b: int, c: int, agreeing: int) -> None:
    n = b + c + agreeing
    low, high = tango_interval(b, c, n)
    assert -1 <= low <= (b - c) / n <= high <= 1
    assert low < high
    assert tango_interval(c, b, n) == pytest.approx((-high, -low), abs=1e-12)


def test_tango_covers() -> None:
    rng = np.random.default_rng(2)
    draws = rng.multinomial(80, [0.12, 0.05, 0.83], size=1500)
    limits = [tango_interval(int(b), int(c), 80) for b, c, _ in draws]
    covered = np.mean([low <= 0.07 <= high for low, high in limits])
    assert 0.935 <= covered <= 0.97


def enumerated(differences: list[int]) -> float:
    observed = abs(sum(differences))
    hits = sum(
        abs(sum(s * d for s, d in zip(signs, differences, strict=True))) >= observed
        for signs in itertools.product((-1, 1), repeat=len(differences))
    )
    return hits / 2 ** len(differences)


@given(st.lists(st.integers(-6, 6), max_size=10))
@settings(max_examples=150, deadline=None)
def test_sign_flip_is_full_enumeration(differences: list[int]) -> None:
    assert sign_flip(differences) == pytest.approx(enumerated(differences), rel=1e-12)


def test_sign_flip_is_that_of_scipy() -> None:
    differences = np.array([3, -1, 2, 2, 5, 0, -2, 4, 1, 1])
    expected = permutation_test(
        (differences,),
        lambda d, axis: d.sum(axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert sign_flip(differences) == pytest.approx(expected.pvalue, rel=1e-12)


def test_sign_flip_of_single_rows_is_mcnemar() -> None:
    for b, c in ((30, 12), (700, 1), (1201, 1100), (20_000, 19_500)):
        assert sign_flip(np.repeat([1, 0, -1], [b, 50, c])) == pytest.approx(mcnemar_exact(b, c), rel=1e-9)


@pytest.mark.parametrize("excess", [0, 100, 600])
def test_sign_flip_stays_exact_where_thousands_of_groups_differ_by_two(excess: int) -> None:
    twos = 20_000
    differences = np.append(np.repeat([2, -2], [twos // 2 + excess, twos // 2 - excess]), 3)
    observed = 4 * excess + 3
    # S = 2(2K - m) ± 3, K binomial(m, ½); by symmetry p is twice the upper tail, averaged over the sign of the 3.
    tails = [binom.sf(np.ceil((observed - three + 2 * twos) / 4) - 1, twos, 0.5) for three in (3, -3)]
    assert sign_flip(differences) == pytest.approx(sum(tails), rel=1e-8)


def test_sign_flip_does_not_depend_on_the_scale() -> None:
    differences = np.array([1, 2, -1, 3, 3, 1, -2])
    assert sign_flip(differences * 1_000_003) == sign_flip(differences)


@pytest.mark.parametrize("m", [1, 2, 3, 10, 11, 1000, 1001, 100_001])
def test_the_fair_binomial_is_that_of_scipy(m: int) -> None:
    probabilities, lowest = paired._fair_binomial(m)
    expected = binom.pmf(np.arange(lowest, lowest + len(probabilities)), m, 0.5)
    ordinary = expected > 1e-290
    assert probabilities[ordinary] == pytest.approx(expected[ordinary], rel=1e-8)
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert binom.cdf(lowest - 1, m, 0.5) < 1e-290


def test_random_flips_agree_with_the_exact_test(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(12)
    many = rng.integers(-4, 6, 1200)
    few = np.array([3, -1, 2, 7, 5, -6, 4, 1, 12])
    exact = [sign_flip(many), sign_flip(few)]
    monkeypatch.setattr(paired, "EXACT_WORK", 0)
    for differences, p in zip((many, few), exact, strict=True):
        assert sign_flip(differences, seed=3) == pytest.approx(p, abs=5 * np.sqrt(p / 100_000) + 2e-5)
        assert sign_flip(differences, seed=3) == sign_flip(differences, seed=3)


def test_fractional_differences_are_flipped_at_random_and_never_reach_zero() -> None:
    differences = np.array([0.5, -0.25, 0.75, 0.1, 0.3, 0.45])
    assert sign_flip(differences) == pytest.approx(enumerated([50, -25, 75, 10, 30, 45]), abs=0.005)
    assert sign_flip(np.full(60, 0.1), flips=1000) == 1 / 1001


def test_no_difference_anywhere_is_no_evidence() -> None:
    assert sign_flip([]) == sign_flip([0, 0]) == sign_flip([1, -1]) == 1.0
    with pytest.raises(ValueError, match="finite"):
        sign_flip([np.nan])


def test_one_row_per_group_is_tested_by_mcnemar_with_tangos_interval() -> None:
    a, b = np.repeat([1, 1, 0, 0], [40, 12, 2, 6]), np.repeat([1, 0, 1, 0], [40, 12, 2, 6])
    result = paired_difference(a, b, np.arange(60))
    assert (result.b, result.c, result.n, result.groups) == (12, 2, 60, 60)
    assert result.difference == pytest.approx(10 / 60)
    assert (result.low, result.high) == tango_interval(12, 2, 60)
    assert result.p == mcnemar_exact(12, 2)
    assert (result.test, result.method) == ("mcnemar exact", "tango score")


def test_dependent_rows_are_tested_by_sign_flip_of_group_sums() -> None:
    rng = np.random.default_rng(7)
    cluster = np.repeat(np.arange(150), 5)
    ability = rng.random((150, 1))
    a = (rng.random((150, 5)) < np.clip(ability + 0.1, 0, 1)).ravel()
    b = (rng.random((150, 5)) < ability).ravel()
    result = paired_difference(a, b, cluster)
    sums = (a.astype(int) - b).reshape(150, 5).sum(axis=1)
    assert result.p == sign_flip(sums)
    assert (result.test, result.method) == ("cluster sign flip, exact", "cluster bootstrap")
    resampled = sums[rng.integers(0, 150, (10_000, 150))].sum(axis=1) / 750
    assert (result.low, result.high) == pytest.approx(np.quantile(resampled, [0.025, 0.975]), abs=0.004)


def test_copying_every_row_is_no_new_evidence() -> None:
    rng = np.random.default_rng(9)
    a, b = rng.random(200) < 0.7, rng.random(200) < 0.6
    once = paired_difference(a, b, np.arange(200))
    copied = paired_difference(np.repeat(a, 5), np.repeat(b, 5), np.repeat(np.arange(200), 5))
    naive = paired_difference(np.repeat(a, 5), np.repeat(b, 5), np.arange(1000))
    assert copied.p == pytest.approx(once.p)
    assert naive.p is not None and once.p is not None and naive.p < once.p / 10


def test_swapping_the_models_mirrors_the_result() -> None:
    rng = np.random.default_rng(10)
    a, b, cluster = rng.random(300) < 0.7, rng.random(300) < 0.6, np.arange(300) // 3
    first, second = paired_difference(a, b, cluster), paired_difference(b, a, cluster)
    assert second.p == first.p
    assert second.difference == pytest.approx(-(first.difference or 0))
    assert (second.b, second.c) == (first.c, first.b)


@pytest.mark.parametrize(("level_a", "level_b", "b", "c"), [(1, 1, 0, 0), (0, 0, 0, 0), (1, 0, 40, 0), (0, 1, 0, 40)])
def test_models_that_differ_alike_everywhere_still_have_an_interval(level_a: int, level_b: int, b: int, c: int) -> None:
    result = paired_difference(np.full(200, level_a), np.full(200, level_b), np.repeat(np.arange(40), 5))
    assert (result.low, result.high) == tango_interval(b, c, 40)
    assert result.method == "tango score, groups as pairs"
    assert result.low is not None and result.high is not None and result.low < result.high


def test_scores_are_compared_as_well() -> None:
    rng = np.random.default_rng(11)
    a, b = rng.random(120), rng.random(120) * 0.9
    result = paired_difference(a, b, np.arange(120))
    assert result.test == "cluster sign flip, monte carlo"
    assert result.difference == pytest.approx(a.mean() - b.mean())
    flat = paired_difference(np.full(6, 2.5), np.full(6, 2.5), np.arange(6))
    assert (flat.low, flat.reason, flat.p) == (None, Reason.NO_VARIATION, 1.0)


def test_degenerate_comparisons_say_why() -> None:
    empty = paired_difference([], [], [])
    assert (empty.difference, empty.p, empty.reason) == (None, None, Reason.NO_ROWS)
    single = paired_difference([1, 1, 0], [1, 0, 0], [4, 4, 4])
    assert (single.difference, single.low, single.p, single.reason) == (
        pytest.approx(1 / 3),
        None,
        1.0,
        Reason.ONE_GROUP,
    )
    with pytest.raises(ValueError, match="one entry per row"):
        paired_difference([1, 0], [1], [0, 1])


def test_the_sign_flip_test_keeps_its_level_where_mcnemar_on_rows_does_not() -> None:
    rng = np.random.default_rng(13)
    cluster = np.repeat(np.arange(60), 5)
    rejected = naive = 0
    for _ in range(400):
        # Under the null each model knows, or does not know, a question as a whole, whatever the order.
        a, b = (np.clip(rng.random(60) * 1.6 - 0.3, 0, 1) for _ in range(2))
        right_a, right_b = rng.random(300) < np.repeat(a, 5), rng.random(300) < np.repeat(b, 5)
        rejected += sign_flip(np.bincount(cluster, right_a.astype(float) - right_b)) < 0.05
        naive += mcnemar_exact(int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())) < 0.05
    assert rejected / 400 < 0.08
    assert naive / 400 > 0.12


def test_twelve_thousand_questions_in_five_orders_take_less_than_a_second() -> None:
    rng = np.random.default_rng(14)
    cluster = np.repeat(np.arange(12_000), 5)
    ability = np.repeat(rng.random(12_000), 5)
    a, b = rng.random(60_000) < ability, rng.random(60_000) < ability
    start = time.perf_counter()
    result = paired_difference(a, b, cluster, resamples=10_000)
    assert time.perf_counter() - start < 1
    assert result.test == "cluster sign flip, exact"


def test_binomial_counts_and_single_signs_draw_the_same_sums() -> None:
    sizes, counts = np.array([1.0, 2.5]), np.array([150, 120])
    shared = np.concatenate(list(paired._random_sums(sizes, counts, 4000, 1)))
    single = np.concatenate(list(paired._random_sums(np.repeat(sizes, counts), np.ones(270, dtype=np.intp), 4000, 2)))
    assert ks_2samp(shared, single).pvalue > 0.01
    assert shared.std() == pytest.approx(np.sqrt((sizes**2 * counts).sum()), rel=0.05)
