"""Owns what the data could show before they are seen: the smallest detectable difference, and the width an interval
will have.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from .arrays import binary, group_codes, normal_quantile, same_length, two_sided_quantile
from .estimate import Estimate, Method, Reason
from .proportions import linearised_variance, wilson_limits


def smallest_detectable_difference(
    n: int,
    groups: int | None = None,
    discordant: float = 0.5,
    power: float = 0.8,
    alpha: float = 0.05,
    deff: float | None = None,
) -> Estimate:
    """The smallest true difference of two paired proportions that a two-sided McNemar test of `n` rows finds with
    `power`.

    Solves n/deff = (z_{1-α/2} √ψ + z_{power} √(ψ - δ²))² / δ² for δ (Miettinen, Biometrics 1968;24:339; Connor,
    Biometrics 1987;43:207), ψ = `discordant` being the share of rows on which exactly one model is right. The
    default, ½, is what two models that err independently at 50 % have, the most for any independent pair; models
    that resemble each other have less, and a pilot can say how much (`smallest_detectable_from`). Exact McNemar is a
    little conservative and needs a few per cent more rows.

    `deff`: design effect of the difference. Left out, it is n / `groups` when `groups` is given, as if rows of a
    group were copies, the cautious end; and 1 otherwise. Undefined (value None) for n = 0 and where even δ = ψ would
    not be found. The value has no sampling error: `low` and `high` are the value. ValueError for arguments out of
    range.
    """
    if n < 0 or (groups is not None and not 0 <= groups <= n):
        raise ValueError(f"there cannot be {groups} groups of {n} rows")
    if not 0 < discordant <= 1:
        raise ValueError(f"discordant is a share above 0 and at most 1, not {discordant!r}")
    if not 0.5 <= power < 1:
        raise ValueError(f"power is a share from 0.5 to below 1, not {power!r}")
    if deff is not None and deff <= 0:
        raise ValueError(f"a design effect is positive, not {deff!r}")
    z_alpha, z_power = two_sided_quantile(1 - alpha), normal_quantile(power)
    independent = n if groups is None else groups
    method = Method.MCNEMAR_SAMPLE_SIZE
    if n == 0 or independent == 0:
        return Estimate(None, n=n, groups=independent, method=method, reason=Reason.NO_ROWS)
    effective = float(independent) if deff is None else n / deff
    # The formula, squared once, is a quadratic in δ; this is its root with δ√n ≥ z_α√ψ.
    inside = effective + z_power**2 - z_alpha**2
    if inside >= 0:
        root = math.sqrt(effective) * z_alpha + z_power * math.sqrt(inside)
        delta = math.sqrt(discordant) * root / (effective + z_power**2)
        if delta <= discordant and delta * math.sqrt(effective) >= z_alpha * math.sqrt(discordant):
            return Estimate(delta, delta, delta, n=n, groups=independent, method=method)
    return Estimate(None, n=n, groups=independent, method=method, reason=Reason.UNATTAINABLE)


def smallest_detectable_from(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    cluster: ArrayLike,
    n: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> Estimate:
    """`smallest_detectable_difference` with the discordance and the design effect of pilot data.

    `correct_a`, `correct_b`: (rows,) 0/1 of two models on the same rows; `cluster`: (rows,) integers. `n`: rows
    planned (default: the pilot's own), in groups of the pilot's average size. The design effect is the
    cluster-robust variance of the mean difference over that of independent rows, at least 1. Undefined with no rows,
    one group, or no discordant pair.
    """
    a, b = binary(correct_a, "correct_a"), binary(correct_b, "correct_b")
    codes, groups = group_codes(cluster)
    same_length(a, b, "correct_a and correct_b")
    same_length(a, codes, "correct_a and cluster")
    rows = len(a)
    planned = rows if n is None else n
    if rows == 0:
        return Estimate(None, method=Method.MCNEMAR_SAMPLE_SIZE, reason=Reason.NO_ROWS)
    planned_groups = min(planned, max(1, round(planned * groups / rows)))
    discordant = float(np.count_nonzero(a != b)) / rows
    reason = Reason.ONE_GROUP if groups == 1 else Reason.NO_DISCORDANT_PAIR if discordant == 0 else None
    if reason is not None:
        return Estimate(None, n=planned, groups=planned_groups, method=Method.MCNEMAR_SAMPLE_SIZE, reason=reason)
    differences = a.astype(np.float64) - b.astype(np.float64)
    sizes = np.bincount(codes, minlength=groups).astype(np.float64)
    sums = np.bincount(codes, weights=differences, minlength=groups).astype(np.float64)
    independent = (discordant - float(differences.mean()) ** 2) / rows
    clustered = linearised_variance(sums, sizes)
    deff = 1.0 if groups == rows or independent <= 0 else max(1.0, clustered / independent)
    return smallest_detectable_difference(planned, planned_groups, discordant, power, alpha, deff)


def expected_half_width(n: int, p: float = 0.5, deff: float = 1.0, confidence: float = 0.95) -> Estimate:
    """Half the width of the Wilson interval to expect for a share near `p` of `n` rows with design effect `deff`.

    p = 0.5 is the widest. Undefined for n = 0; `low` and `high` are the value. ValueError for arguments out of range.
    """
    z = two_sided_quantile(confidence)
    if n < 0 or not 0 <= p <= 1 or deff <= 0:
        raise ValueError(f"n ≥ 0, 0 ≤ p ≤ 1 and deff > 0 are needed, not n={n}, p={p}, deff={deff}")
    if n == 0:
        return Estimate(None, method=Method.WILSON_HALF_WIDTH, reason=Reason.NO_ROWS)
    low, high = wilson_limits(p, n / deff, z)
    half = (high - low) / 2
    return Estimate(half, half, half, n=n, groups=max(1, round(n / deff)), method=Method.WILSON_HALF_WIDTH)
