"""The seeded option orders: order 0 as written, the key balanced over the places, twins alike, answers mapped back."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medosce.schema.items import LETTERS, Item
from medosce.suites.prompts import shown_options


def question(count: int = 5, id: str = "q", group: str | None = None, language: str = "en") -> Item:
    options = {LETTERS[place]: f"{language} text {place}" for place in range(count)}
    return Item(id=id, kind="single_choice", language=language, question="?", options=options, answer="A", group=group)


def originals(item: Item, order: int, seed: int = 0) -> str:
    return "".join(shown_options(item, order, seed)[1])


def test_order_0_is_as_written() -> None:
    item = question()
    assert shown_options(item, 0, 7) == (item.options, tuple("ABCDE"))


@given(st.integers(2, 26), st.integers(0, 3), st.integers(), st.text(min_size=1, max_size=5))
def test_as_many_orders_as_options_show_every_option_once_at_every_place(count: int, square: int, seed: int, id: str) -> None:
    item = question(count, id)
    rows = [originals(item, square * count + row, seed) for row in range(count)]
    assert all(sorted(row) == list(LETTERS[:count]) for row in rows)
    assert all(len(set(place)) == count for place in zip(*rows, strict=True))


@given(st.integers(2, 26), st.integers(0, 60), st.integers())
def test_the_shown_letter_stands_for_the_text_of_its_original(count: int, order: int, seed: int) -> None:
    item = question(count)
    shown, own = shown_options(item, order, seed)
    assert item.options is not None
    assert list(shown) == list(LETTERS[:count])
    assert {letter: item.options[original] for letter, original in zip(shown, own, strict=True)} == shown
    assert sorted(shown.values()) == sorted(item.options.values())


def test_the_twins_of_a_group_are_shown_alike() -> None:
    zh, en = question(id="g.zh", group="g", language="zh"), question(id="g.en", group="g", language="en")
    assert [originals(zh, order) for order in range(12)] == [originals(en, order) for order in range(12)]


def test_groups_are_shuffled_apart_and_seeds_differ() -> None:
    first_orders = {originals(question(id=f"q{number}"), 1) for number in range(40)}
    assert len(first_orders) > 10
    assert [originals(question(), order, 1) for order in range(5)] != [originals(question(), order, 2) for order in range(5)]
    assert originals(question(), 3, 5) == originals(question(), 3, 5)


def test_a_new_square_begins_after_as_many_orders_as_options() -> None:
    item = question(4)
    assert {originals(item, order) for order in range(4)} != {originals(item, order) for order in range(4, 8)}


def test_neighbours_are_broken_up_in_most_questions() -> None:
    # A bare rotation would leave B after A in four of five orders; a distractor that leans on its neighbour would go unnoticed.
    kept = sum("AB" in originals(question(id=f"q{number}"), 1) for number in range(400))
    assert kept < 200


@pytest.mark.parametrize("order", [1, 2, 3])
def test_one_further_order_puts_the_key_anywhere_but_where_it_was_written(order: int) -> None:
    places = Counter(originals(question(4, f"q{number}"), order).index("A") for number in range(3000))
    assert places[0] == 0
    assert all(900 < places[place] < 1100 for place in (1, 2, 3))
