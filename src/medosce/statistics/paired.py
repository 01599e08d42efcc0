"""Owns comparisons of two models on the same rows: exact McNemar, the cluster sign-flip test, and intervals for the
difference.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import CodeArray, FloatArray, group_codes, numbers, same_length, two_sided_quantile
from .bootstrap import CHUNK_CELLS, cluster_bootstrap
from .estimate import Method, Reason

# Multiply-adds allowed for the exact sign-flip distribution, a second or two; beyond, Monte Carlo.
EXACT_WORK = 2_000_000_000
MONTE_CARLO_FLIPS = 100_000


@dataclass(frozen=True, slots=True)
class PairedResult:
    """Model A against model B on the same rows.

    `difference` is mean A - mean B with its interval `low … high` (by `method`); `p` is two-sided, by `test`. `b`
    and `c` count the rows on which A, respectively B, does better; `n` counts rows, `groups` the independent groups.
    None always comes with `reason`.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    test: str
    b: int
    c: int
    n: int
    groups: int
    method: str
    reason: str | None = None


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided exact McNemar p: twice the smaller binomial(b+c, ½) tail, at most 1; 1 when no pair is discordant.

    `b`, `c`: discordant pairs each way, one independent pair per row. Summed downwards from the largest term, which
    is taken in log space, so that millions of pairs cost little and nothing overflows; below 1e-308 it rounds to 0.
    ValueError for negatives.
    """
    if b < 0 or c < 0:
        raise ValueError(f"discordant counts must not be negative: {b}, {c}")
    n, k = b + c, min(b, c)
    if 2 * k >= n:
        return 1.0
    log_top = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
    # Term j-1 is term j times j/(n-j+1) < 1: blocks of running products, until they no longer matter.
    total, term, j = 1.0, 1.0, k
    while j > 0 and term > total * 1e-18:
        steps = np.arange(j, max(j - 65_536, 0), -1, dtype=np.float64)
        terms = term * np.cumprod(steps / (n - steps + 1))
        total += float(terms.sum())
        term = float(terms[-1])
        j -= len(steps)
    return min(1.0, 2 * math.exp(log_top + math.log(total)))


def tango_interval(b: int, c: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval for the paired difference (b - c)/n of proportions: `n` ≥ 1 independent pairs, `b` and `c`
    discordant.

    Tango T, Stat Med 1998;17:891: the set of differences that the score test does not reject, so it agrees with
    McNemar's test at zero and has width where no pair is discordant, unlike Wald or a bootstrap; recommended by
    Fagerland, Lydersen & Laake, Stat Med 2014;33:2850. Found by bisection to 1e-15. ValueError unless 0 ≤ b, c and b
    + c ≤ n.
    """
    z = two_sided_quantile(confidence)
    if min(b, c) < 0 or n < 1 or b + c > n:
        raise ValueError(f"discordant pairs must fit among the pairs: {b} + {c} of {n}")

    def excess(delta: float) -> float:
        """z² times the null variance minus the squared departure: negative where `delta` is rejected."""
        middle = -b - c + (2 * n - b + c) * delta
        rare = max(0.0, (math.sqrt(max(0.0, middle * middle + 8 * n * c * delta * (1 - delta))) - middle) / (4 * n))
        return z * z * n * max(0.0, 2 * rare + delta * (1 - delta)) - (b - c - n * delta) ** 2

    observed = (b - c) / n

    def limit(outer: float) -> float:
        inner = observed
        for _ in range(80):
            middle = (inner + outer) / 2
            if excess(middle) >= 0:
                inner = middle
            else:
                outer = middle
        return inner

    return limit(-1.0) if observed > -1 else -1.0, limit(1.0) if observed < 1 else 1.0


def sign_flip(differences: ArrayLike, seed: int = 0, flips: int = MONTE_CARLO_FLIPS) -> float:
    """Two-sided p of Σ differences when each cluster's difference could as well have had the other sign (Fisher's
    randomisation).

    `differences`: (clusters,) sums over each cluster of A's score minus B's. Null hypothesis: within every cluster
    the two models' results are exchangeable. Integers are enumerated exactly, all 2^G sign patterns of them; when
    that is too much work (see `EXACT_WORK`), or a difference is not a whole number, `flips` seeded random flips give
    (hits + 1)/(flips + 1). No clusters, or none that differs, give 1. ValueError for nan.
    """
    return _sign_flip(numbers(differences, "differences", 1), seed, flips)[0]


def paired_difference(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    cluster: ArrayLike,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> PairedResult:
    """Mean of A minus mean of B on the same rows, with interval and test.

    `correct_a`, `correct_b`: (n,) 0/1, or scores; row i of both is the same question asked the same way, and both
    models replied. `cluster`: (n,) integers; rows that share one are dependent.

    One 0/1 row in every group: exact McNemar, and Tango's score interval. Otherwise the cluster sign-flip test, and
    the percentile interval of the cluster bootstrap; where 0/1 rows differ equally in all groups, by 0 or by ±1, the
    bootstrap has no width and Tango's interval is taken with each group as one pair. One group alone has no interval;
    no rows, nothing. ValueError for nan or unequal lengths.
    """
    two_sided_quantile(confidence)
    a, b_scores = numbers(correct_a, "correct_a", 1), numbers(correct_b, "correct_b", 1)
    codes, groups = group_codes(cluster)
    same_length(a, b_scores, "correct_a and correct_b")
    same_length(a, codes, "correct_a and cluster")
    n = len(a)
    better, worse = int(np.count_nonzero(a > b_scores)), int(np.count_nonzero(a < b_scores))
    zero_one = _zero_one(a) and _zero_one(b_scores)
    pairs = zero_one and groups == n
    test, method = (Method.MCNEMAR_EXACT, Method.TANGO) if pairs else (Method.SIGN_FLIP_EXACT, Method.CLUSTER_BOOTSTRAP)
    if n == 0:
        return PairedResult(None, None, None, None, test, 0, 0, 0, 0, method, Reason.NO_ROWS)
    row_differences = a - b_scores
    difference = float(row_differences.mean())
    if pairs:
        p = mcnemar_exact(better, worse)
    else:
        sums, sizes = _sums(row_differences, codes, groups)
        p, exact = _sign_flip(sums, seed, MONTE_CARLO_FLIPS)
        test = Method.SIGN_FLIP_EXACT if exact else Method.SIGN_FLIP_MONTE_CARLO
    if groups == 1:
        return PairedResult(difference, None, None, p, test, better, worse, n, groups, method, Reason.ONE_GROUP)
    low: float | None
    high: float | None
    reason: str | None = None
    if pairs:
        low, high = tango_interval(better, worse, n, confidence)
    elif zero_one and (level := _common_level(sums, sizes)) is not None:
        method = Method.TANGO_GROUPS
        low, high = tango_interval(groups * (level == 1), groups * (level == -1), groups, confidence)
    else:
        interval = cluster_bootstrap(
            np.column_stack([sums, sizes]), lambda t: t[:, 0] / t[:, 1], resamples, seed, confidence, n
        )
        low, high, reason = interval.low, interval.high, interval.reason
    return PairedResult(difference, low, high, p, test, better, worse, n, groups, method, reason)


def _zero_one(scores: FloatArray) -> bool:
    return bool(np.all((scores == 0) | (scores == 1)))


def _sums(differences: FloatArray, codes: CodeArray, groups: int) -> tuple[FloatArray, FloatArray]:
    sums = np.bincount(codes, weights=differences, minlength=groups).astype(np.float64)
    return sums, np.bincount(codes, minlength=groups).astype(np.float64)


def _common_level(sums: FloatArray, sizes: FloatArray) -> int | None:
    """0, 1 or -1 when every group's mean difference is exactly that."""
    for level in (0, 1, -1):
        if np.all(sums == level * sizes):
            return level
    return None


def _sign_flip(differences: FloatArray, seed: int, flips: int) -> tuple[float, bool]:
    """p, and whether it is exact.

    The trick: clusters with the same |d| = v are interchangeable. If m of them exist, v(2K - m) is their joint share
    of the sum, with K binomial(m, ½). So Σ v·K over the distinct v carries the whole distribution: one convolution
    per distinct magnitude instead of one per cluster. Dividing by the common divisor shrinks the support. Only
    products and sums of positive numbers occur, so small tails keep their relative precision (an FFT would drown
    them near 1e-16).
    """
    sizes, counts = np.unique(np.abs(differences[differences != 0]), return_counts=True)
    if len(sizes) == 0:
        return 1.0, True
    observed = abs(float(differences.sum()))
    if np.all(sizes == np.rint(sizes)) and float((sizes * counts).sum()) < 2**53:
        magnitudes = sizes.astype(np.int64)
        divisor = int(np.gcd.reduce(magnitudes))
        exact = _exact_tail(magnitudes // divisor, counts, round(observed) // divisor)
        if exact is not None:
            return exact, True
    # Sums that differ from the observed one by rounding alone count as hits.
    threshold = observed - 1e-9 * float((sizes * counts).sum())
    hits = sum(int(np.count_nonzero(np.abs(block) >= threshold)) for block in _random_sums(sizes, counts, flips, seed))
    return (hits + 1) / (flips + 1), False


def _exact_tail(magnitudes: NDArray[np.int64], counts: NDArray[np.intp], observed: int) -> float | None:
    """P(|Σ ± magnitudes| ≥ observed), or None when it would take more than EXACT_WORK multiply-adds.

    `magnitudes` ascend, which keeps the support, and so the work, smallest for longest. The two-sided p is twice the
    upper tail by symmetry; with T = Σ v·K and S = 2T - D, where D = Σ v·m, the upper tail is T ≥ (observed + D)/2.
    """
    if observed == 0:
        return 1.0
    if not _affordable(magnitudes, counts):
        return None
    distribution = np.ones(1)
    start = 0  # T of the distribution's first entry: zero ends of the binomials are trimmed, they add nothing.
    for v, m in zip(magnitudes.tolist(), counts.tolist(), strict=True):
        probabilities, lowest = _fair_binomial(m)
        wider = np.zeros(len(distribution) + v * (len(probabilities) - 1))
        # Steps of v never mix residues modulo v, so each residue class is an ordinary dense convolution.
        for residue in range(min(v, len(distribution))):
            wider[residue::v] = np.convolve(distribution[residue::v], probabilities)
        distribution, start = wider, start + v * lowest
    total = int((magnitudes * counts).sum())
    # S has the parity of D, and so has the observed sum.
    from_index = max(0, (observed + total) // 2 - start)
    return min(1.0, 2 * float(distribution[from_index:].sum()))


def _affordable(magnitudes: NDArray[np.int64], counts: NDArray[np.intp]) -> bool:
    width, work = 1.0, 0.0
    for v, m in zip(magnitudes.tolist(), counts.tolist(), strict=True):
        terms = min(m + 1, 39 * math.sqrt(m) + 2)  # beyond 38 standard deviations of √m/2 either way a double is zero
        work += width * terms
        width += v * (terms - 1)
        if work > EXACT_WORK or width > EXACT_WORK / 100:
            return False
    return True


def _fair_binomial(m: int) -> tuple[FloatArray, int]:
    """Probabilities of binomial(m, ½) over the range in which they are positive doubles, and the first K of that
    range.
    """
    centre = m // 2
    reach = min(centre, int(19.5 * math.sqrt(m)) + 1)
    above = np.arange(centre + 1, centre + reach + 1, dtype=np.float64)
    below = np.arange(centre, centre - reach, -1, dtype=np.float64)
    up = np.cumprod((m - above + 1) / above)
    down = np.cumprod(below / (m - below + 1))
    weights = np.concatenate([down[::-1], [1.0], up])
    lowest = centre - reach
    if m % 2 and reach == centre:  # an odd m has one more value above the centre than below
        weights = np.append(weights, weights[0])
    positive = np.flatnonzero(weights)
    first, last = int(positive[0]), int(positive[-1])
    return weights[first : last + 1] / weights.sum(), lowest + first


def _random_sums(sizes: FloatArray, counts: NDArray[np.intp], flips: int, seed: int) -> Iterator[FloatArray]:
    """Blocks of Σ ± size over random signs, `flips` in all: binomial counts per magnitude where many clusters share
    one.
    """
    rng = np.random.default_rng(seed)
    shared = counts.mean() > 100  # a binomial draw costs about as much as a hundred single signs
    magnitudes = sizes if shared else np.repeat(sizes, counts)
    chunk = max(1, CHUNK_CELLS // len(magnitudes))
    for start in range(0, flips, chunk):
        rows = min(chunk, flips - start)
        if shared:
            heads = rng.binomial(counts, 0.5, size=(rows, len(magnitudes)))
            yield (2.0 * heads - counts) @ magnitudes
        else:
            bits = np.frombuffer(rng.bytes(rows * ((len(magnitudes) + 7) // 8)), dtype=np.uint8)
            signs = np.unpackbits(bits.reshape(rows, -1), axis=1, count=len(magnitudes))
            yield 2.0 * (signs.astype(np.float64) @ magnitudes) - float(magnitudes.sum())
