"""Owns agreement within a question's option orders: was the same option chosen in every order, and was every order
answered right.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import BoolArray, CodeArray, binary, group_codes, integers, same_length
from .estimate import Estimate, Method, Reason
from .proportions import clustered_proportion


def consistency(chosen: ArrayLike, unit: ArrayLike, cluster: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Share of units whose chosen option is the same in every order; `n` counts units.

    `chosen`: (n,) integers naming the chosen option's text, the same text the same integer within a unit; negative
    where the reply commits to no option, which agrees with nothing. `unit`: (n,) integers, one per (group,
    language). `cluster`: (n,) integers, one per group, so that language twins count as dependent. Leave rows without
    a reply out. Units with a single row say nothing about consistency and are left out here; with no other unit the
    figure is undefined. ValueError where a unit lies in two clusters.
    """
    picked = integers(chosen, "chosen")
    codes, clusters, rows = _units(picked, unit, cluster)
    first = np.empty(len(clusters), dtype=np.int64)
    first[codes[::-1]] = picked[::-1]
    differing = np.bincount(codes[(picked != first[codes]) | (picked < 0)], minlength=len(clusters))
    several = rows > 1
    if len(rows) and not np.any(several):
        return Estimate(None, method=Method.WILSON, reason=Reason.ONE_ORDER)
    return clustered_proportion(differing[several] == 0, clusters[several], confidence)


def strict_accuracy(correct: ArrayLike, unit: ArrayLike, cluster: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Share of units with every row right; `n` counts units. Arguments as in `consistency`, with `correct` (n,) of
    0/1.
    """
    right = binary(correct, "correct")
    every, clusters = strict_units(right, unit, cluster)
    return clustered_proportion(every, clusters, confidence)


def strict_units(correct: ArrayLike, unit: ArrayLike, cluster: ArrayLike) -> tuple[BoolArray, CodeArray]:
    """One row per unit, ascending by unit: whether all its rows are right, and its cluster's code. For paired tests
    on strict correctness.
    """
    right = binary(correct, "correct")
    codes, clusters, _ = _units(right, unit, cluster)
    wrong = np.bincount(codes[~right], minlength=len(clusters))
    return wrong == 0, clusters


def _units(
    values: NDArray[np.generic], unit: ArrayLike, cluster: ArrayLike
) -> tuple[CodeArray, CodeArray, NDArray[np.intp]]:
    codes, units = group_codes(unit, "unit")
    cluster_codes, _ = group_codes(cluster)
    same_length(values, codes, "values and unit")
    same_length(codes, cluster_codes, "unit and cluster")
    clusters = np.empty(units, dtype=np.intp)
    clusters[codes] = cluster_codes
    if np.any(clusters[codes] != cluster_codes):
        raise ValueError("every unit must lie within one cluster")
    return codes, clusters, np.bincount(codes, minlength=units)
