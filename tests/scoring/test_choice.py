"""What becomes of one row of a choice question: its outcome, the answer in the item's own letters, right or wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medosce.schema.items import LETTERS, Item
from medosce.schema.outcomes import REPLIED, Outcome
from medosce.schema.records import ProviderFailure, Response, Score
from medosce.scoring.choice import likeliest_letter, score_choice
from medosce.suites.prompts import shown_options

OPTIONS = {"A": "Stop the drug", "B": "Double the dose", "C": "Wait", "D": "Refer"}
SINGLE = Item(id="q", kind="single_choice", language="en", question="What next?", options=OPTIONS, answer="C")
SEVERAL = Item(id="m", kind="multiple_choice", language="en", question="Which?", options=OPTIONS, answer=["A", "C"])


def said(text: str | None = None, **fields: Any) -> Response:
    return Response(row=0, item="q", text=text, **{"finish": "stop", **fields})


def marked(response: Response | None, item: Item = SINGLE, order: int = 0, seed: int = 0) -> Score:
    shown, originals = shown_options(item, order, seed)
    return score_choice(item, shown, originals, response, order, 0)


FAILED = said(error=ProviderFailure("500", "mock failure", 500))


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (None, Outcome.NOT_ASKED),
        (FAILED, Outcome.PROVIDER_ERROR),
        (said("C", finish="content_filter"), Outcome.FILTERED),
        (said("C", finish="safety"), Outcome.FILTERED),
        (said("C", finish="sensitive"), Outcome.FILTERED),
        (said("I will not.", finish="refusal"), Outcome.REFUSED),
        (said("I'm sorry, but I can't help with that request."), Outcome.REFUSED),
        (said("抱歉，我无法回答这个问题。"), Outcome.REFUSED),
        (said("I don't know."), Outcome.ABSTAINED),
        (said(""), Outcome.UNPARSED),
        (said(None), Outcome.UNPARSED),
        (said("Let us look at the dose."), Outcome.UNPARSED),
        (said("Let us look at each option. First, stopping the drug would", finish="length"), Outcome.TRUNCATED),
        (said("C", finish="length"), Outcome.ANSWERED),
        (said("C"), Outcome.ANSWERED),
        (said("答案：C"), Outcome.ANSWERED),
    ],
)
def test_every_row_ends_as_exactly_one_outcome(response: Response | None, outcome: Outcome) -> None:
    score = marked(response)
    assert score.outcome == outcome
    assert (score.answer is None) == (outcome is not Outcome.ANSWERED)
    if outcome is Outcome.ANSWERED:
        assert score.correct is True
    else:
        # A reply that is no answer is wrong; a missing row is neither right nor wrong.
        assert score.correct is (False if outcome in REPLIED else None)
    assert score.strict in ((True, False) if outcome in REPLIED else (None,))


def test_an_answer_names_letter_text_and_rule() -> None:
    score = marked(said("The answer is (B)."))
    assert (score.answer, score.shown, score.correct, score.chosen_text) == ("B", "B", False, "Double the dose")
    assert score.rule


def test_an_answer_is_given_in_the_items_own_letters_whatever_order_was_shown() -> None:
    for order in range(1, 8):
        shown, originals = shown_options(SINGLE, order, 3)
        place = originals.index("C")
        score = marked(said(LETTERS[place]), order=order, seed=3)
        assert (score.answer, score.shown, score.correct) == ("C", LETTERS[place], True)
        assert score.chosen_text == "Wait" == shown[LETTERS[place]]
        assert score.order == order


def test_an_option_named_by_its_text_is_the_option_as_shown() -> None:
    shown, _ = shown_options(SINGLE, 2, 0)
    score = marked(said("The best option is: Refer"), order=2)
    assert (score.answer, score.correct) == ("D", False)
    assert shown[str(score.shown)] == "Refer"


@given(st.integers(2, 8), st.integers(0, 20), st.integers(0, 5), st.data())
def test_a_bare_letter_maps_back_to_the_text_it_stood_for(count: int, order: int, seed: int, data: st.DataObject) -> None:
    options = {LETTERS[place]: f"choice number {place}" for place in range(count)}
    item = Item(id="q", kind="single_choice", language="en", question="?", options=options, answer="A")
    letter = data.draw(st.sampled_from(list(options)))
    shown, _ = shown_options(item, order, seed)
    score = marked(said(letter), item, order, seed)
    assert score.chosen_text == shown[letter]
    assert options[str(score.answer)] == shown[letter]
    assert score.correct is (score.answer == "A")


@pytest.mark.parametrize(
    ("text", "outcome", "answer"),
    [
        ("<think>It must be A. The answer is A.</think>C", "answered", "C"),
        ("<think>The answer is C.</think>\nI don't know.", "abstained", None),
        ("<think>The answer is C.", "unparsed", None),
    ],
)
def test_a_letter_inside_reasoning_is_never_read(text: str, outcome: str, answer: str | None) -> None:
    score = marked(said(text))
    assert (score.outcome, score.answer) == (outcome, answer)


def test_reasoning_that_came_apart_from_the_answer_is_never_read() -> None:
    assert marked(said("", reasoning="The answer is C.")).outcome == Outcome.UNPARSED
    assert marked(said("A", reasoning="The answer is C.")).answer == "A"


def test_reasoning_cut_off_before_any_answer_is_truncated() -> None:
    assert marked(said("<think>The answer is C.", finish="length")).outcome == Outcome.TRUNCATED


def test_strict_tells_plainly_formed_answers_from_leniently_read_ones() -> None:
    assert marked(said("C")).strict is True
    assert marked(said("A")).strict is False
    lenient = marked(said("I'd go with C"))
    assert (lenient.answer, lenient.correct, lenient.strict) == ("C", True, False)


@pytest.mark.parametrize(
    ("text", "answer", "correct"),
    [
        ("A, C", ["A", "C"], True),
        ("C and A", ["A", "C"], True),
        ("AC", ["A", "C"], True),
        ("A", ["A"], False),
        ("A, B, C", ["A", "B", "C"], False),
    ],
)
def test_multiple_choice_is_right_when_the_sets_are_equal(text: str, answer: list[str], correct: bool) -> None:
    score = marked(said(text), SEVERAL)
    assert (score.answer, score.correct) == (answer, correct)
    assert isinstance(score.shown, list)


def test_multiple_choice_maps_every_letter_back() -> None:
    shown, originals = shown_options(SEVERAL, 1, 0)
    letters = sorted(letter for letter, own in zip(shown, originals, strict=True) if own in ("A", "C"))
    score = marked(said(", ".join(letters)), SEVERAL, order=1)
    assert (score.answer, score.shown, score.correct) == (["A", "C"], letters, True)
    assert score.chosen_text == "Stop the drug; Wait"


@pytest.mark.parametrize("response", [None, FAILED, said("C"), said(""), said("I don't know."), said("no", finish="refusal")])
def test_an_item_without_a_key_is_neither_right_nor_wrong(response: Response | None) -> None:
    for blank in ("", None):
        item = Item(id="q", kind="single_choice", language="en", question="What next?", options=OPTIONS, answer=blank)
        score = marked(response, item)
        assert score.correct is None and score.strict is None
        assert score.outcome == marked(response).outcome
        assert score.answer == marked(response).answer


def test_with_log_probabilities_the_likeliest_option_letter_is_the_answer() -> None:
    score = marked(said("The", logprobs={"The": -0.1, " C": -1.0, "A": -2.0, "E": -0.5}, finish="length"))
    assert (score.outcome, score.answer, score.correct, score.strict, score.rule) == ("answered", "C", True, True, "logprob")


@pytest.mark.parametrize("logprobs", [{"The": -0.1}, {}, {"A": -1.0, "B": -1.0}])
def test_log_probabilities_that_prefer_no_letter_are_unparsed_and_not_truncated(logprobs: dict[str, float]) -> None:
    # One token was asked for, so every such reply ends with "length": nothing was cut off.
    score = marked(said("The", logprobs=logprobs, finish="length"))
    assert (score.outcome, score.correct) == (Outcome.UNPARSED, False)


def test_tokens_of_one_letter_count_by_the_likeliest() -> None:
    assert likeliest_letter({"A": -3.0, " A": -0.5, "(B": -1.0, "**C**": -2.0}, ("A", "B", "C")) == "A"
    assert likeliest_letter({"D": -0.1, "B.": -1.0}, ("A", "B", "C")) == "B"
    assert likeliest_letter({"AB": -0.1}, ("A", "B")) is None


def test_order_and_repeat_of_the_row_are_kept() -> None:
    shown, originals = shown_options(SINGLE, 3, 0)
    score = score_choice(SINGLE, shown, originals, None, 3, 2)
    assert (score.item, score.order, score.repeat) == ("q", 3, 2)
