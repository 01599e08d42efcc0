"""Holm's correction, against statsmodels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from medosce.statistics import holm


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)  # the oracle takes 40 ms a call
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-12)


def test_a_test_that_was_not_made_is_no_member_of_the_family() -> None:
    assert holm([0.01, None, 0.04]) == pytest.approx([0.02, None, 0.04])
    assert holm([None]) == [None]
    assert holm([]) == []


def test_ties_and_order_are_kept() -> None:
    assert holm([0.5, 0.02, 0.02]) == pytest.approx([0.5, 0.06, 0.06])


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_turned_away(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([p])
