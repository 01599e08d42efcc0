"""Algebra of the extractor: fast path against full reading, order of options, size against time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medosce.scoring.extraction import extract_choice, split_reasoning
from medosce.scoring.extraction.extract import _fast, _last_line, _read, _strict
from medosce.scoring.extraction.fold import fold
from medosce.scoring.extraction.measure import load_corpus
from medosce.scoring.extraction.options import prepare

KEYS = "ABCDEFGHIJ"
TEXTS = [
    "Beneficence",
    "Autonomy",
    "Justice",
    "Non-maleficence",
    "Confidentiality",
    "保密原则",
    "24 hours",
    "yes",
    "Hepatitis B",
    "none",
]
PIECES = [
    "A",
    "B",
    "C",
    "c",
    "d",
    "F",
    "I",
    "Ｄ",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    "**",
    "*",
    ".",
    "。",
    ":",
    "：",
    " ",
    "\n",
    "Answer",
    "answer",
    "ANSWER: ",
    "The answer is ",
    "the correct answer is ",
    "答案",
    "答案是",
    "正确答案：",
    "【答案】",
    "final ",
    "not ",
    "不",
    "?",
    "or",
    "Justice",
    "保密原则",
]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.integers(2, 10), st.booleans())
def test_the_fast_path_agrees_with_the_full_reading(reply: str, count: int, many: bool) -> None:
    options = dict(zip(KEYS, TEXTS[:count], strict=False))
    fast = _fast(reply, options)
    if fast is not None:
        full = _read(reply, prepare(options), many=many)
        assert (full.status, full.letters, full.span) == (fast.status, fast.letters, fast.span)


ENDINGS = ["\nAnswer: B", "\n\nANSWER: C", "\n答案：A", "\n【答案】B。", "\nFinal Answer: D.", "\n  答案: C  \n"]
WORDS = [
    *PIECES, "Weighing autonomy against harm, option ", "C", " is best. ", "综合考虑，应选", "不选B", "。", "I cannot help. ",
    "A is wrong. ", "\n",
]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=8).map("".join), st.sampled_from(ENDINGS), st.integers(2, 5), st.booleans())
def test_the_last_line_path_agrees_with_the_full_reading(prose: str, ending: str, count: int, many: bool) -> None:
    options = dict(zip("ABCDE", TEXTS[:count], strict=False))
    last = _last_line(prose + ending, options)
    if last is not None:
        table = prepare(options)
        full = _read(prose + ending, table, many=many)
        assert (full.status, full.letters, full.span) == (last.status, last.letters, last.span)
        strictly = _strict(prose + ending, table, full)
        assert (strictly.status, strictly.letters) == (last.status, last.letters)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300), st.booleans(), st.booleans())
def test_any_text_gets_a_lawful_reading(reply: str, many: bool, strict: bool) -> None:
    options = dict(zip("ABCDE", TEXTS[:5], strict=True))
    got = extract_choice(reply, options, kind="multiple_choice" if many else "single_choice", strict=strict)
    assert (got.status == "answered") == bool(got.letters)
    assert list(got.letters) == [key for key in options if key in got.letters]
    assert many or len(got.letters) <= 1
    assert got.span is None or 0 <= got.span[0] <= got.span[1] <= len(reply)
    assert len(fold(reply)) == len(reply)
    split_reasoning(reply)


def test_relabelling_the_options_relabels_the_reading() -> None:
    """Only the key decides: the same plain phrase reads every letter alike."""
    options = dict(zip(KEYS, TEXTS, strict=True))
    for phrase in (
        "Answer: {}",
        "故选{}。",
        "I would choose {}.",
        "\\boxed{{{}}}",
        '{{"answer": "{}"}}',
        "选项{}最合适",
        "The correct option is ({}).",
    ):
        assert [extract_choice(phrase.format(k), options, kind="single_choice").letters for k in KEYS] == [
            (k,) for k in KEYS
        ], phrase


def test_wrapping_reasoning_round_a_corpus_reply_changes_nothing() -> None:
    for row in load_corpus():
        if (
            "think" in row["reply"]
            or row["reply"].startswith("analysis")
            or "channel" in row["reply"]
            or "reasoning>" in row["reply"]
        ):
            continue
        plain = extract_choice(row["reply"], row["options"], kind=row["kind"])
        wrapped = extract_choice(
            "<think>So the answer is B. No, A.</think>\n" + row["reply"], row["options"], kind=row["kind"]
        )
        assert wrapped.letters == plain.letters, row["id"]


@pytest.mark.parametrize(
    "unit",
    [
        "A ",
        "x",
        "(",
        "答案",
        "Answer: ",
        "answer is ",
        "<think>",
        "</think>",
        "**",
        "A, ",
        "A or ",
        "\\boxed{",
        "A is correct. ",
        "选A，",
        "wait ",
        "\n",
        '{"',
        "1. A\n",
        "if ",
        "| A ",
        "不",
        "~~",
        "<b>",
        "the answer ",
    ],
)
def test_a_hundred_kilobytes_are_read_in_linear_time(unit: str) -> None:
    options = dict(zip("ABCDE", TEXTS[:5], strict=True))

    def seconds(size: int) -> float:
        reply = unit * (size // len(unit))
        start = time.process_time()
        extract_choice(reply, options, kind="single_choice")
        return time.process_time() - start

    seconds(1_000)
    small, large = max(seconds(25_000), 0.004), seconds(100_000)
    assert large < 10 * small + 0.2, (small, large)
