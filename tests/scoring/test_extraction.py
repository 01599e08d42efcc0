"""What the answer extractor reads, refuses to read, and where it says it read it."""

import pytest

from medosce.scoring.extraction import extract_choice

ETHICS = {"A": "Beneficence", "B": "Autonomy", "C": "Justice", "D": "Non-maleficence", "E": "Confidentiality"}
ETHICS_ZH = {"A": "有利原则", "B": "自主原则", "C": "公正原则", "D": "不伤害原则", "E": "保密原则"}

LOOPBACK_EN = (
    "{}",
    "ANSWER: {}",
    "The answer is ({}).",
    "**{}**",
    "Weighing autonomy against harm, option {} is best.\n\nAnswer: {}",
    "<think>Could it be A or B? A seems wrong, so…</think>\n{}",
)
LOOPBACK_ZH = (
    "{}",
    "答案：{}",
    "正确答案是{}。",
    "<{}>",
    "【答案】{}",
    "综合考虑患者的自主权与医疗安全，应选{}项。",
    "<think>先看A，再看B……</think>选项{}最合适",
)


def read(reply: str, options: dict[str, str] = ETHICS, *, strict: bool = False) -> tuple[str, str]:
    got = extract_choice(reply, options, kind="single_choice", strict=strict)
    return got.status, "".join(got.letters)


@pytest.mark.parametrize("shape", LOOPBACK_EN)
@pytest.mark.parametrize("letter", "ABCDE")
def test_the_loopback_servers_english_phrases_are_all_read(shape: str, letter: str) -> None:
    assert read(shape.replace("{}", letter)) == ("answered", letter)


@pytest.mark.parametrize("shape", LOOPBACK_ZH)
@pytest.mark.parametrize("letter", "ABCDE")
def test_the_loopback_servers_chinese_phrases_are_all_read(shape: str, letter: str) -> None:
    assert read(shape.replace("{}", letter), ETHICS_ZH) == ("answered", letter)


def test_the_final_commitment_counts_not_the_first_letter() -> None:
    assert read("I first thought B, but beds are scarce, so the answer is C.") == ("answered", "C")


def test_two_answers_of_equal_standing_are_not_guessed_between() -> None:
    assert read("The answer is B. The answer is C.") == ("unparsed", "")


def test_a_marked_correction_replaces_the_earlier_answer() -> None:
    assert read("答案是D。不对，应为A。", ETHICS_ZH) == ("answered", "A")


def test_a_retraction_without_a_new_answer_leaves_none() -> None:
    assert read("The answer is B. Wait, let me reconsider.") == ("unparsed", "")


def test_a_letter_that_contradicts_its_text_is_unparsed() -> None:
    assert read("C. Autonomy") == ("unparsed", "")


@pytest.mark.parametrize(
    "reply",
    ["Vitamin C and hepatitis B", "A patient should consent.", "Plan B was offered.", "T-cell counts", "维生素C缺乏"],
)
def test_a_letter_inside_a_term_or_an_article_is_no_answer(reply: str) -> None:
    assert read(reply) == ("unparsed", "")


def test_an_option_inside_a_longer_option_is_told_apart() -> None:
    options = {"A": "Consent", "B": "Informed consent", "C": "Informed consent waived"}
    assert read("The answer is informed consent.", options) == ("answered", "B")
    assert read("consent", options) == ("answered", "A")


def test_24_is_not_read_inside_240() -> None:
    hours = {"A": "24 hours", "B": "240 hours"}
    assert read("240 hours", hours) == ("answered", "B")
    assert read("2400 hours", hours) == ("unparsed", "")


def test_signs_that_change_a_value_matter() -> None:
    doses = {"A": "0.5 mg", "B": "5 mg", "C": "> 5 mg", "D": "< 5 mg"}
    assert read("0.5mg", doses) == ("answered", "A")
    assert read("<5 mg", doses) == ("answered", "D")


def test_options_that_look_alike_after_normalisation_are_never_told_apart_by_text() -> None:
    assert read("same", {"A": "Same.", "B": "same", "C": "other"}) == ("unparsed", "")


def test_reasoning_is_never_read() -> None:
    assert read("<think>The answer is B.") == ("unparsed", "")
    assert read("<think>The answer is B.</think>") == ("unparsed", "")


def test_an_invented_next_question_is_not_read() -> None:
    assert read("Answer: C\n\nQuestion: Which organ makes insulin?\nA. Liver\nB. Pancreas\nAnswer: B") == (
        "answered",
        "C",
    )


def test_lower_case_keys_come_back_as_given() -> None:
    got = extract_choice("Answer: B", {"a": "yes", "b": "no"}, kind="single_choice")
    assert got.letters == ("b",)


def test_several_letters_answer_a_multiple_choice_in_option_order() -> None:
    got = extract_choice("E, C and A", ETHICS, kind="multiple_choice")
    assert got.letters == ("A", "C", "E")
    assert read("E, C and A") == ("unparsed", "")


def test_the_span_points_at_the_letter_in_the_original_reply() -> None:
    reply = "<think>B?</think>\n根据题意，应选Ｄ项。"
    got = extract_choice(reply, ETHICS_ZH, kind="single_choice")
    assert got.span is not None
    assert reply[slice(*got.span)] == "Ｄ"


@pytest.mark.parametrize(
    ("reply", "strict"),
    [
        ("C", True),
        ("**(C)**", True),
        ("C. Justice", True),
        ("Beds are scarce.\n\nFinal answer: C", True),
        ("故选C。", True),
        ("I would go with C.", False),
        ("Option C is best because beds are scarce", False),
        ('{"answer": "C"}', False),
    ],
)
def test_strict_accepts_only_plain_replies(reply: str, strict: bool) -> None:
    assert read(reply) == ("answered", "C")
    assert read(reply, strict=True) == (("answered", "C") if strict else ("unparsed", ""))


def test_bad_options_and_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="options"):
        extract_choice("A", {"A": "x"}, kind="single_choice")
    with pytest.raises(ValueError, match="letters"):
        extract_choice("A", {"A": "x", "a": "y"}, kind="single_choice")
    with pytest.raises(ValueError, match="kind"):
        extract_choice("A", {"A": "x", "B": "y"}, kind="open")  # type: ignore[arg-type]
