"""Bounds of a proportion over every planned row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medosce.statistics import Bounds, Reason, bounds

OUTCOMES = {  # correct, replied, ambiguous, missing
    "right": (1, 1, 0, 0),
    "wrong": (0, 1, 0, 0),
    "unparsed": (0, 1, 1, 0),
    "missing": (0, 0, 0, 1),
}
LEDGER = st.lists(st.sampled_from(sorted(OUTCOMES)), min_size=1, max_size=60)


def of(ledger: list[str]) -> Bounds:
    masks = np.array([OUTCOMES[outcome] for outcome in ledger], dtype=bool).reshape(-1, 4)
    return bounds(*masks.T)


@given(LEDGER)
@settings(max_examples=200, deadline=None)
def test_accuracy_lies_between_the_bounds(ledger: list[str]) -> None:
    result = of(ledger)
    replied = len(ledger) - ledger.count("missing")
    assert result.worst is not None and result.best is not None
    assert 0 <= result.worst <= result.best <= 1
    if replied:
        assert result.worst <= ledger.count("right") / replied <= result.best


@given(LEDGER, st.data())
@settings(max_examples=200, deadline=None)
def test_whatever_the_open_rows_would_have_been_the_bounds_hold(ledger: list[str], data: st.DataObject) -> None:
    """However missing rows end, and whatever ambiguous replies meant, accuracy over all rows stays inside."""
    settled = [data.draw(st.sampled_from(["right", "wrong"])) if o in ("missing", "unparsed") else o for o in ledger]
    result, accuracy = of(ledger), settled.count("right") / len(settled)
    assert result.worst is not None and result.best is not None
    assert result.worst <= accuracy <= result.best


@given(st.lists(st.sampled_from(["right", "wrong"]), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_a_complete_and_clear_ledger_leaves_no_room(ledger: list[str]) -> None:
    result = of(ledger)
    assert result.worst == result.best == ledger.count("right") / len(ledger)


def test_bounds_by_hand() -> None:
    ledger = ["right"] * 850 + ["wrong"] * 1130 + ["unparsed"] * 12 + ["missing"] * 8
    assert of(ledger) == Bounds(worst=0.425, best=0.435, n=2000)


def test_an_empty_plan_has_no_bounds() -> None:
    assert bounds([], [], [], []) == Bounds(None, None, 0, Reason.NO_ROWS)


@pytest.mark.parametrize(
    "row",
    [(0, 0, 0, 0), (0, 1, 0, 1), (1, 0, 0, 1), (0, 0, 1, 1), (1, 1, 1, 0)],
    ids=lambda row: "".join(map(str, row)),
)
def test_contradictory_masks_are_turned_away(row: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError):
        bounds(*([value] for value in row))
    with pytest.raises(ValueError, match="one entry per row"):
        bounds([1, 0], [1], [0, 0], [0, 0])
