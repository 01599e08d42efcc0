"""Planning figures: against the published formula and against simulated tests."""

import numpy as np
import pytest
from scipy.stats import norm

from medosce.statistics import (
    Reason,
    expected_half_width,
    mcnemar_exact,
    smallest_detectable_difference,
    smallest_detectable_from,
    wilson,
)


@pytest.mark.parametrize(("n", "discordant", "power"), [(200, 0.3, 0.8), (1000, 0.5, 0.9), (60, 0.6, 0.8), (9, 1, 0.5)])
def test_connors_formula_returns_the_sample_size(n: int, discordant: float, power: float) -> None:
    delta = smallest_detectable_difference(n, discordant=discordant, power=power).value
    assert delta is not None
    z_alpha, z_power = norm.ppf(0.975), norm.ppf(power)
    needed = (z_alpha * np.sqrt(discordant) + z_power * np.sqrt(discordant - delta**2)) ** 2 / delta**2
    assert needed == pytest.approx(n, rel=1e-9)


def test_the_stated_power_is_reached_in_simulated_tests() -> None:
    n, discordant = 800, 0.3
    delta = smallest_detectable_difference(n, discordant=discordant).value
    assert delta is not None
    rng = np.random.default_rng(4)
    probabilities = [(discordant + delta) / 2, (discordant - delta) / 2, 1 - discordant]
    draws = rng.multinomial(n, probabilities, size=2000)
    found = np.mean([mcnemar_exact(int(b), int(c)) < 0.05 for b, c, _ in draws])
    assert 0.75 <= found <= 0.83  # the exact test is slightly conservative


def test_dependent_rows_show_less() -> None:
    independent = smallest_detectable_difference(1000)
    grouped = smallest_detectable_difference(1000, groups=200)
    known = smallest_detectable_difference(1000, groups=200, deff=2.0)
    assert grouped.value == smallest_detectable_difference(200).value
    assert known.value == smallest_detectable_difference(500).value
    assert independent.value is not None and known.value is not None and grouped.value is not None
    assert independent.value < known.value < grouped.value


def test_the_default_discordance_is_cautious() -> None:
    cautious, resembling = (smallest_detectable_difference(400, discordant=d).value for d in (0.5, 0.1))
    assert smallest_detectable_difference(400).value == cautious
    assert cautious is not None and resembling is not None and resembling < cautious


@pytest.mark.parametrize(("n", "discordant"), [(5, 0.5), (3, 1.0), (30, 0.05)])
def test_too_few_rows_can_show_nothing(n: int, discordant: float) -> None:
    estimate = smallest_detectable_difference(n, discordant=discordant)
    assert (estimate.value, estimate.reason) == (None, Reason.UNATTAINABLE)


def test_the_formula_is_not_solved_by_its_false_root() -> None:
    assert smallest_detectable_difference(7, discordant=1.0, deff=2.0).reason == Reason.UNATTAINABLE


def test_a_pilot_supplies_discordance_and_design_effect() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.random(300) < 0.7, rng.random(300) < 0.6
    single = smallest_detectable_from(a, b, np.arange(300))
    assert single.value == smallest_detectable_difference(300, discordant=float(np.mean(a != b))).value
    copied = smallest_detectable_from(np.repeat(a, 4), np.repeat(b, 4), np.repeat(np.arange(300), 4))
    assert copied.value == pytest.approx(single.value, rel=0.01)
    larger = smallest_detectable_from(a, b, np.arange(300), n=3000)
    assert larger.value is not None and single.value is not None and larger.value < single.value / 2
    assert (larger.n, larger.groups) == (3000, 3000)


def test_a_pilot_without_information_says_so() -> None:
    assert smallest_detectable_from([1, 0], [1, 0], [0, 1]).reason == Reason.NO_DISCORDANT_PAIR
    assert smallest_detectable_from([1, 0], [0, 0], [3, 3]).reason == Reason.ONE_GROUP
    assert smallest_detectable_from([], [], []).reason == Reason.NO_ROWS
    assert smallest_detectable_difference(0).reason == Reason.NO_ROWS


def test_the_expected_half_width_is_that_of_wilson() -> None:
    interval = wilson(50, 100)
    assert interval.low is not None and interval.high is not None
    assert expected_half_width(100).value == pytest.approx((interval.high - interval.low) / 2)
    assert expected_half_width(300, deff=3.0).value == expected_half_width(100).value
    assert expected_half_width(0).reason == Reason.NO_ROWS


@pytest.mark.parametrize(
    "arguments", [{"discordant": 0.0}, {"power": 0.3}, {"alpha": 0.0}, {"deff": 0.0}, {"groups": 11}]
)
def test_arguments_out_of_range_are_turned_away(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        smallest_detectable_difference(10, **arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        expected_half_width(10, p=1.5)
