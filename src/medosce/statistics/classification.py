"""Owns label counts per cluster and the statistics of their totals: position bias, F1, precision, recall, balanced
accuracy.

Each statistic maps totals (R × k) to values (R,), over the whole label set given, and is what `cluster_bootstrap`
takes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import FloatArray, group_codes, integers, same_length
from .bootstrap import collapse


def choice_counts(gold: ArrayLike, chosen: ArrayLike, letters: int, cluster: ArrayLike) -> NDArray[np.int64]:
    """Counts per cluster (clusters × 2·letters): how often each letter was chosen, then how often it was the gold.

    `gold`, `chosen`, `cluster`: (n,) integers; letters are 0 … letters-1, and a negative `chosen` is a reply that
    chose none. For position bias, both must be letters as shown. ValueError for a letter out of range.
    """
    right, picked, codes, groups = _labels(gold, chosen, letters, cluster)
    counts = np.empty((groups, 2 * letters), dtype=np.int64)
    counts[:, :letters] = _table(codes, picked, picked >= 0, groups, letters)
    counts[:, letters:] = _table(codes, right, np.ones(len(right), dtype=np.bool_), groups, letters)
    return counts


def choice_patterns(
    gold: ArrayLike, chosen: ArrayLike, letters: int, cluster: ArrayLike, block: int = 65_536
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`choice_counts` collapsed: the distinct rows (m × 2·letters) and how many clusters have each (m,).

    Works through `block` rows at a time, so that a million clusters never stand in memory with all their counts.
    """
    right, picked, codes, groups = _labels(gold, chosen, letters, cluster)
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=groups)
    ends = np.cumsum(sizes)
    patterns, multiplicity = np.zeros((0, 2 * letters), dtype=np.int64), np.zeros(0, dtype=np.int64)
    first = start = 0
    while first < groups:
        # Whole clusters only: as many as fit into the block, one at least.
        last = max(first + 1, int(np.searchsorted(ends, start + block, side="right")))
        rows = order[start : ends[last - 1]]
        counts = choice_counts(right[rows], picked[rows], letters, codes[rows])
        merged = np.concatenate([patterns, counts])
        weights = np.concatenate([multiplicity, np.ones(len(counts), dtype=np.int64)])
        found, _, pattern_of = collapse(merged.astype(np.float64))
        patterns = found.astype(np.int64)
        multiplicity = np.rint(np.bincount(pattern_of, weights=weights, minlength=len(found))).astype(np.int64)
        first, start = last, int(ends[last - 1])
    # Most frequent first: a multinomial draw stops once all clusters are placed.
    order = np.argsort(-multiplicity, kind="stable")
    return patterns[order], multiplicity[order]


def confusion_counts(gold: ArrayLike, chosen: ArrayLike, labels: int, cluster: ArrayLike) -> NDArray[np.int64]:
    """Counts per cluster (clusters × 3·labels) of single-label answers: true positives, false positives, false
    negatives by label.

    `gold`, `chosen`, `cluster`: (n,) integers; labels are 0 … labels-1, and a negative `chosen` is a reply without a
    label: a miss for the gold and a false alarm for none. ValueError for a label out of range.
    """
    right, picked, codes, groups = _labels(gold, chosen, labels, cluster)
    hit = right == picked
    counts = np.empty((groups, 3 * labels), dtype=np.int64)
    counts[:, :labels] = _table(codes, right, hit, groups, labels)
    counts[:, labels : 2 * labels] = _table(codes, picked, ~hit & (picked >= 0), groups, labels)
    counts[:, 2 * labels :] = _table(codes, right, ~hit, groups, labels)
    return counts


def position_bias(totals: FloatArray) -> FloatArray:
    """max over letters of |share chosen - share gold|, from totals (R × 2L) laid out as `choice_counts`.

    Shares are of the replies that chose a letter, and of all rows. Being a maximum of absolute values it cannot fall
    below zero, and its bootstrap interval leans upwards: read a low limit near zero as "no bias shown".
    """
    chosen, gold = _blocks(totals, 2)
    gap: FloatArray = np.abs(
        _ratio(chosen, chosen.sum(axis=1, keepdims=True)) - _ratio(gold, gold.sum(axis=1, keepdims=True))
    )
    worst: FloatArray = gap.max(axis=1)
    return worst


def micro_precision(totals: FloatArray) -> FloatArray:
    """Σ tp / Σ (tp + fp) over labels; totals (R × 3L) laid out as `confusion_counts`; nan without a positive call."""
    tp, fp, _ = _summed(totals)
    return _ratio(tp, tp + fp)


def micro_recall(totals: FloatArray) -> FloatArray:
    """Σ tp / Σ (tp + fn) over labels; totals (R × 3L) laid out as `confusion_counts`; nan without a gold label."""
    tp, _, fn = _summed(totals)
    return _ratio(tp, tp + fn)


def micro_f1(totals: FloatArray) -> FloatArray:
    """2 Σ tp / Σ (2 tp + fp + fn) over labels; totals (R × 3L) laid out as `confusion_counts`; nan when nothing is
    called or true.
    """
    tp, fp, fn = _summed(totals)
    return _ratio(2 * tp, 2 * tp + fp + fn)


def macro_precision(totals: FloatArray, zero_division: float = np.nan) -> FloatArray:
    """Mean over all labels of tp / (tp + fp); totals (R × 3L). See `macro_f1` for `zero_division`."""
    tp, fp, _ = _blocks(totals, 3)
    return _macro(tp, tp + fp, zero_division)


def macro_recall(totals: FloatArray, zero_division: float = np.nan) -> FloatArray:
    """Mean over all labels of tp / (tp + fn); totals (R × 3L). See `macro_f1` for `zero_division`."""
    tp, _, fn = _blocks(totals, 3)
    return _macro(tp, tp + fn, zero_division)


def macro_f1(totals: FloatArray, zero_division: float = np.nan) -> FloatArray:
    """Mean over all labels of 2 tp / (2 tp + fp + fn); totals (R × 3L) laid out as `confusion_counts`.

    A label that is 0/0 counts as `zero_division`. By default that is nan and makes the whole mean nan: leaving the
    label out would silently change what is averaged, from one resample to the next.
    """
    tp, fp, fn = _blocks(totals, 3)
    return _macro(2 * tp, 2 * tp + fp + fn, zero_division)


def balanced_accuracy(totals: FloatArray) -> FloatArray:
    """Mean recall over all labels; totals (R × 3L) laid out as `confusion_counts`; nan when a label has no gold
    row.
    """
    return macro_recall(totals)


def _labels(
    gold: ArrayLike, chosen: ArrayLike, labels: int, cluster: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.intp], int]:
    right, picked = integers(gold, "gold"), integers(chosen, "chosen")
    codes, groups = group_codes(cluster)
    same_length(right, picked, "gold and chosen")
    same_length(right, codes, "gold and cluster")
    if labels < 1:
        raise ValueError(f"the label set must not be empty: {labels} labels")
    if len(right) and (int(right.min()) < 0 or int(right.max()) >= labels or int(picked.max()) >= labels):
        raise ValueError(f"labels must be numbered 0 to {labels - 1}")
    return right, picked, codes, groups


def _table(
    codes: NDArray[np.intp], label: NDArray[np.int64], keep: NDArray[np.bool_], groups: int, labels: int
) -> NDArray[np.int64]:
    cells = codes[keep] * labels + label[keep]
    return np.bincount(cells, minlength=groups * labels).reshape(groups, labels).astype(np.int64)


def _blocks(totals: FloatArray, blocks: int) -> list[FloatArray]:
    if totals.ndim != 2 or totals.shape[1] == 0 or totals.shape[1] % blocks:
        raise ValueError(f"totals must have {blocks} columns per label, not shape {totals.shape}")
    return np.split(np.asarray(totals, dtype=np.float64), blocks, axis=1)


def _summed(totals: FloatArray) -> list[FloatArray]:
    return [block.sum(axis=1) for block in _blocks(totals, 3)]


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: FloatArray = np.where(denominator > 0, numerator / denominator, np.nan)
    return quotient


def _macro(numerator: FloatArray, denominator: FloatArray, zero_division: float) -> FloatArray:
    by_label = _ratio(numerator, denominator)
    mean: FloatArray = np.where(np.isnan(by_label), zero_division, by_label).mean(axis=1)
    return mean
