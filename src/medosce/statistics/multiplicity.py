"""Owns correction for testing many hypotheses at once: Holm's step-down procedure over one family."""

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Holm-adjusted p values, in the order given (Holm S, Scand J Stat 1979;6:65); controls the family-wise error
    rate.

    None, a test that could not be made, stays None and is no member of the family. ValueError for a p outside 0 … 1
    or nan.
    """
    tested = [(value, place) for place, value in enumerate(p) if value is not None]
    if any(not 0.0 <= value <= 1.0 for value, _ in tested):
        raise ValueError("p values must lie between 0 and 1")
    adjusted: list[float | None] = [None] * len(p)
    if not tested:
        return adjusted
    order = sorted(tested)
    family = len(order)
    steps = np.array([(family - rank) * value for rank, (value, _) in enumerate(order)])
    for (_, place), value in zip(order, np.minimum(np.maximum.accumulate(steps), 1.0), strict=True):
        adjusted[place] = float(value)
    return adjusted
