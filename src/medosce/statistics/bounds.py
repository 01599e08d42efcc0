"""Owns the ledger bounds of a proportion: how low and how high it could be, had every planned row ended in the worst
or best way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .arrays import binary, same_length
from .estimate import Reason


@dataclass(frozen=True, slots=True)
class Bounds:
    """The share right over all `n` planned rows at worst and at best; both None, with the reason, when nothing was
    planned.
    """

    worst: float | None
    best: float | None
    n: int
    reason: str | None = None


def bounds(correct: ArrayLike, replied: ArrayLike, ambiguous: ArrayLike, missing: ArrayLike) -> Bounds:
    """Bounds over all planned rows, whereas accuracy itself is Σ correct / Σ replied; worst ≤ accuracy ≤ best always
    holds.

    Four (n,) boolean masks over the planned rows: `replied` and `missing` split them; `ambiguous` (unparsed or
    truncated replies) and `correct` are disjoint parts of `replied`. Worst takes missing rows as wrong; best takes
    missing and ambiguous rows as right. ValueError where the masks contradict one another.
    """
    right, said = binary(correct, "correct"), binary(replied, "replied")
    unclear, absent = binary(ambiguous, "ambiguous"), binary(missing, "missing")
    for other, name in ((said, "replied"), (unclear, "ambiguous"), (absent, "missing")):
        same_length(right, other, f"correct and {name}")
    if np.any(said == absent):
        raise ValueError("every planned row must be either replied or missing")
    if np.any((right | unclear) & absent):
        raise ValueError("a missing row can be neither correct nor ambiguous")
    if np.any(right & unclear):
        raise ValueError("an ambiguous row cannot be correct")
    n = len(right)
    if n == 0:
        return Bounds(None, None, 0, Reason.NO_ROWS)
    hits = int(np.count_nonzero(right))
    possible = hits + int(np.count_nonzero(absent)) + int(np.count_nonzero(unclear))
    return Bounds(hits / n, possible / n, n)
