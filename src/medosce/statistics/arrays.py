"""Owns the checks on incoming arrays and the one definition of a group: rows that share an integer.

Everything is O(rows) where the group numbers are dense, O(rows log rows) otherwise, with a few temporaries of the
input's size.
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
CodeArray = NDArray[np.intp]


def normal_quantile(probability: float) -> float:
    """The standard normal quantile; `probability` strictly between 0 and 1, or ValueError."""
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a probability strictly between 0 and 1 is needed, not {probability!r}")
    return NormalDist().inv_cdf(probability)


def two_sided_quantile(confidence: float) -> float:
    """z such that a standard normal falls within ±z with probability `confidence` (0 < confidence < 1, or
    ValueError).
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence is a share strictly between 0 and 1, not {confidence!r}")
    return normal_quantile(0.5 + confidence / 2)


def binary(values: ArrayLike, name: str) -> BoolArray:
    """A one-dimensional boolean array from booleans or numbers that are all exactly 0 or 1; ValueError otherwise."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, not of shape {array.shape}")
    if array.dtype == np.bool_:
        return array
    if array.size == 0:
        return np.zeros(0, dtype=np.bool_)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold booleans or 0 and 1, not {array.dtype}")
    truth: BoolArray = array == 1
    if not np.all(truth | (array == 0)):
        raise ValueError(f"{name} must hold only 0 and 1")
    return truth


def numbers(values: ArrayLike, name: str, ndim: int) -> FloatArray:
    """A float64 array of `ndim` dimensions with no nan or infinity; ValueError otherwise."""
    array = np.asarray(values)
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s), not shape {array.shape}")
    if array.dtype.kind not in "biuf" and array.size:
        raise ValueError(f"{name} must be numeric, not {array.dtype}")
    result = array.astype(np.float64)
    if not np.all(np.isfinite(result)):
        raise ValueError(f"{name} must be finite: leave undefined rows out before counting")
    return result


def integers(values: ArrayLike, name: str) -> NDArray[np.int64]:
    """A one-dimensional int64 array from integers or booleans; ValueError otherwise."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, not of shape {array.shape}")
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind not in "biu":
        raise ValueError(f"{name} must hold integers, not {array.dtype}")
    if array.dtype.kind == "u" and int(array.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"{name} must fit in 64 signed bits")
    return array.astype(np.int64, copy=False)


def same_length(first: NDArray[np.generic], second: NDArray[np.generic], names: str) -> None:
    """ValueError unless both arrays have the same number of rows."""
    if len(first) != len(second):
        raise ValueError(f"{names} must have one entry per row each: {len(first)} and {len(second)} given")


def group_codes(cluster: ArrayLike, name: str = "cluster") -> tuple[CodeArray, int]:
    """Number the groups 0 … G-1 in ascending order of their integers.

    `cluster`: (n,) any integers. Returns the (n,) codes and G. Dense numberings avoid the sort.
    """
    ids = integers(cluster, name)
    if ids.size == 0:
        return np.zeros(0, dtype=np.intp), 0
    low, high = int(ids.min()), int(ids.max())
    span = high - low + 1
    if span <= 4 * ids.size + 1024:
        shifted = (ids - low).astype(np.intp, copy=False)
        present = np.bincount(shifted, minlength=span) > 0
        groups = int(np.count_nonzero(present))
        if groups == span:
            return shifted, groups
        return (np.cumsum(present) - 1)[shifted].astype(np.intp, copy=False), groups
    unique, codes = np.unique(ids, return_inverse=True)
    return codes.reshape(-1).astype(np.intp, copy=False), len(unique)
