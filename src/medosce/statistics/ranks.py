"""Owns the ranks of several models on the same groups, with intervals from a paired cluster bootstrap."""

import numpy as np
from numpy.typing import ArrayLike

from .arrays import FloatArray, numbers, two_sided_quantile
from .bootstrap import CHUNK_CELLS, MAX_UNDEFINED_SHARE, resampled_totals
from .estimate import Estimate, Method, Reason


def rank_intervals(
    scores: ArrayLike,
    n: ArrayLike,
    resamples: int = 10_000,
    seed: int = 0,
    confidence: float = 0.95,
) -> list[Estimate]:
    """Rank of each model by Σ scores / Σ n, 1 the highest, ties sharing the middle rank; one Estimate per model.

    `scores`: (models × clusters) sums of scores. `n`: rows behind them, (clusters,) for all models or (models ×
    clusters). The same clusters are drawn for every model in a resample, so what models share cancels out (Goldstein
    & Spiegelhalter, J R Stat Soc A 1996;159:385, on reading ranks with such intervals). Limits are ranks that
    occurred, not interpolated ones.

    Undefined: no clusters, or a model without rows (no rank at all: a rank needs all rivals); one cluster, or more
    than 5 % resamples that leave some model without rows (a rank without an interval). A rank that never moves has
    the interval it has: that is the finding. ValueError for shapes that do not match, negative rows or nan.
    """
    two_sided_quantile(confidence)
    sums, rows = numbers(scores, "scores", 2), numbers(n, "n", np.asarray(n).ndim)
    models, clusters = sums.shape
    if rows.shape not in {(clusters,), (models, clusters)}:
        raise ValueError(f"n must be (clusters,) or (models × clusters) for scores {sums.shape}, not {rows.shape}")
    if rows.size and rows.min() < 0:
        raise ValueError("n counts rows and cannot be negative")
    shared = rows.ndim == 1
    sizes = (np.full(models, rows.sum()) if shared else rows.sum(axis=1)).astype(np.int64).tolist()
    method = Method.CLUSTER_BOOTSTRAP_RANKS
    if models == 0:
        return []
    columns = np.vstack([sums, rows]).T  # clusters × (models + 1 or 2·models)
    point = _ranks(columns.sum(axis=0, keepdims=True), models)[0] if clusters else np.full(models, np.nan)
    if np.any(np.isnan(point)):
        return [Estimate(None, n=size, groups=clusters, method=method, reason=Reason.NO_ROWS) for size in sizes]
    if clusters == 1:
        return [
            Estimate(float(rank), n=size, groups=1, method=method, reason=Reason.ONE_GROUP)
            for rank, size in zip(point, sizes, strict=True)
        ]
    totals = resampled_totals(columns, resamples, seed)
    chunk = max(1, CHUNK_CELLS // models**2)
    ranks = np.vstack([_ranks(totals[start : start + chunk], models) for start in range(0, resamples, chunk)])
    defined = ranks[~np.isnan(ranks[:, 0])]
    undefined = resamples - len(defined)
    if undefined > MAX_UNDEFINED_SHARE * resamples:
        return [
            Estimate(
                float(rank),
                n=size,
                groups=clusters,
                method=method,
                reason=Reason.TOO_MANY_UNDEFINED,
                undefined_resamples=undefined,
            )
            for rank, size in zip(point, sizes, strict=True)
        ]
    limits = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0, method="inverted_cdf")
    return [
        Estimate(
            float(rank),
            float(low),
            float(high),
            n=size,
            groups=clusters,
            method=method,
            undefined_resamples=undefined,
        )
        for rank, low, high, size in zip(point, limits[0], limits[1], sizes, strict=True)
    ]


def _ranks(totals: FloatArray, models: int) -> FloatArray:
    """Mid-ranks (R × models) from totals of scores then rows; a row of nan where some model has no rows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        means = totals[:, :models] / totals[:, models:]
    # Twelve digits: equal scores must tie even if they were summed in another order.
    means = np.where(totals[:, models:] > 0, np.round(means, 12), np.nan)
    above = (means[:, np.newaxis, :] > means[:, :, np.newaxis]).sum(axis=2)
    level = (means[:, np.newaxis, :] == means[:, :, np.newaxis]).sum(axis=2)
    ranks: FloatArray = above + (level + 1) / 2
    ranks[np.any(np.isnan(means), axis=1)] = np.nan
    return ranks
