"""A person at the terminal: what is shown and never shown, what counts as an answer, and stopping without loss."""

import asyncio
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asks import ask_rows, make_ask, make_item
from medosce.engine.asking import Settings
from medosce.engine.journal import read_journal
from medosce.models.human import Human, letters_in, printable
from medosce.schema.items import Message
from medosce.schema.outcomes import Outcome
from medosce.schema.records import Response
from medosce.scoring.choice import score_choice


@contextmanager
def typing(text: str, *, end: bool = True) -> Iterator[tuple[int, int]]:
    """(what a person reads from, what types into it) with `text` typed already; `end` closes it after."""
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    if end:
        os.close(writer)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        if not end:
            os.close(writer)


def answer_one(typed: str, **item: Any) -> tuple[str | None, str]:
    """(the reply's text, what the screen showed) for one item."""
    screen, ask = io.StringIO(), make_ask(item=make_item("q0", **item))

    async def scenario(source: int) -> str | None:
        human = Human("human:li", "li", source=source, screen=screen)
        human.prepare([ask.item, make_item("q1")])
        await human.open()
        try:
            return (await human.answer(ask, human.request_of(ask))).text
        finally:
            await human.close()

    with typing(typed) as (source, _):
        return asyncio.run(scenario(source)), screen.getvalue()


@pytest.mark.parametrize("typed", ["c", "C", " C ", "Ｃ", "C.", "C\r"])
def test_a_letter_is_an_answer_however_it_is_typed(typed: str) -> None:
    assert answer_one(typed + "\n")[0] == "C"


def test_question_options_and_progress_are_shown_in_the_items_language_and_the_key_never() -> None:
    secret = {"rationale": "BECAUSE-OF-C", "reference": "REFERENCE", "meta": {"key": "META"}}
    _, screen = answer_one("A\n", **secret)
    for expected in (
        "Question 1 of 2",
        "What next in case q0?",
        "A. Stop the drug",
        "B. Double the dose",
        "C. Wait",
        "A, B, C",
    ):
        assert expected in screen
    _, chinese = answer_one(
        "A\n", language="zh", question="下一步如何处理？", options={"A": "停药", "B": "加量", "C": "观察"}, **secret
    )
    for expected in ("第 1 题，共 2 题", "下一步如何处理？", "C. 观察", "不知道"):
        assert expected in chinese
    for text in (screen, chinese):
        assert not any(word in text for word in ("BECAUSE", "REFERENCE", "META", 'answer": '))


def test_the_screen_is_the_same_whatever_the_key_is() -> None:
    assert len({answer_one("A\n", answer=key)[1] for key in "ABC"}) == 1


def test_what_is_no_option_is_asked_for_again() -> None:
    text, screen = answer_one("D\n\nAB\nmaybe\nB\n")
    assert text == "B"
    assert screen.count("One letter of A, B, C") == 4


@pytest.mark.parametrize("typed", ["AC", "a c", "C,A", "A、C", "C和A", "Ａ，Ｃ", "ACA"])
def test_multiple_choice_takes_several_letters(typed: str) -> None:
    assert answer_one(typed + "\n", kind="multiple_choice", answer=["A", "C"])[0] == "A,C"


@pytest.mark.parametrize(("language", "text"), [("en", "I don't know"), ("zh", "不知道"), ("zh-CN", "不知道")])
@pytest.mark.parametrize("typed", ["?", "？"])
def test_a_question_mark_is_scored_as_an_abstention(language: str, text: str, typed: str) -> None:
    assert answer_one(typed + "\n", language=language)[0] == text
    item = make_item("q0", language=language)
    options = item.options or {}
    score = score_choice(item, options, tuple(options), Response(row=0, item="q0", text=text, finish="stop"), 0, 0)
    assert score.outcome == Outcome.ABSTAINED


def test_what_a_person_types_is_scored_as_typed() -> None:
    item = make_item("q0", kind="multiple_choice", answer=["A", "C"])
    options = item.options or {}
    score = score_choice(item, options, tuple(options), Response(row=0, item="q0", text="A,C", finish="stop"), 0, 0)
    assert (score.outcome, score.correct) == (Outcome.ANSWERED, True)


def test_kinds_without_options_take_a_line_of_text_and_name_labels_and_images() -> None:
    text, screen = answer_one(
        "\nDR \n",
        kind="classification",
        options=None,
        labels=["DR", "NORMAL"],
        answer="DR",
        images=["eye/1.png"],
        question="Which?",
    )
    assert text == "DR"
    assert "DR, NORMAL" in screen and "eye/1.png" in screen


def test_a_conversation_is_shown_turn_by_turn() -> None:
    turns = [Message("user", "I feel dizzy."), Message("assistant", "Since when?"), Message("user", "Since Monday.")]
    _, screen = answer_one("ok\n", kind="open", question=None, options=None, answer=None, messages=turns, reference="x")
    assert screen.index("I feel dizzy.") < screen.index("Since when?") < screen.index("Since Monday.")


def test_an_item_cannot_steer_the_terminal() -> None:
    question = "Dose\x1b[2J\x1b[1;1H \x1b]0;title\x07of \x9b31mdrug\x08\x08\x08?\r\nEOT\x00\u202egnp"
    _, screen = answer_one("A\n", question=question, options={"A": "\x1b[8mhidden\x1b[0m", "B": "b\x07", "C": "c"})
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in screen)
    assert "\u202e" not in screen
    assert "Dose of drug?" in screen and "A. hidden" in screen


@given(st.text(st.one_of(st.characters(), st.sampled_from("\x1b[]\x9b\x07\\0;mHJ\r"))))
def test_no_text_reaches_the_terminal_with_a_control_character(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in shown)
    if not any(
        unicodedata.category(c) == "Cc" or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in text
    ):
        assert shown == text, "ordinary text is left as it is"


@given(st.text(max_size=8), st.booleans())
def test_an_answer_is_only_ever_made_of_the_options_letters(line: str, several: bool) -> None:
    picked = letters_in(line, "ABC", several=several)
    if picked is not None:
        assert picked and picked == sorted(set(picked)) and set(picked) <= set("ABC")
        assert several or len(picked) == 1


def sit(path: Path, typed: str, rows: list[int]) -> list[Response]:
    async def scenario(source: int) -> None:
        human = Human("human:li", "li", source=source, screen=io.StringIO())
        await ask_rows(human, path, [make_ask(row) for row in rows])

    with typing(typed) as (source, _):
        try:
            asyncio.run(scenario(source))
        except KeyboardInterrupt:
            pass
        else:
            assert len(list(read_journal(path))) >= len(rows), (
                "a sitting that was not stopped has an answer to everything"
            )
    return [response for _, response in read_journal(path)]


@pytest.mark.parametrize("stop", ["q\n", "Q\n", "ｑ\n", ""])
def test_q_or_the_end_of_the_input_stops_and_keeps_everything(stop: str, tmp_path: Path) -> None:
    first = sit(tmp_path / "r.jsonl", "A\nB\n" + stop, [0, 1, 2, 3])
    assert [(response.row, response.text) for response in first] == [(0, "A"), (1, "B")]
    second = sit(tmp_path / "r.jsonl", "C\n?\n", [2, 3])
    assert [(response.row, response.text) for response in second] == [(0, "A"), (1, "B"), (2, "C"), (3, "I don't know")]


def test_a_person_is_asked_one_question_at_a_time_whatever_the_concurrency(tmp_path: Path) -> None:
    screen = io.StringIO()

    async def scenario(source: int, keyboard: int) -> None:
        human = Human("human:li", "li", source=source, screen=screen)
        sitting = asyncio.create_task(ask_rows(human, tmp_path / "r.jsonl", 3, settings=Settings(concurrency=8)))
        for shown in (1, 2, 3):
            await asyncio.sleep(0.1)
            assert screen.getvalue().count("What next in case") == shown
            os.write(keyboard, b"A\n")
        await sitting

    with typing("", end=False) as (source, keyboard):
        asyncio.run(scenario(source, keyboard))


def test_the_journal_is_written_while_the_next_question_waits_and_the_time_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"

    async def scenario(source: int, keyboard: int) -> None:
        human = Human("human:li", "li", source=source, screen=io.StringIO())
        sitting = asyncio.create_task(ask_rows(human, path, 2))
        await asyncio.sleep(0.2)
        os.write(keyboard, b"B\n")
        await asyncio.sleep(0.2)
        assert [response.text for _, response in read_journal(path)] == ["B"], "on disk before the second is answered"
        os.write(keyboard, b"C\n")
        await sitting

    with typing("", end=False) as (source, keyboard):
        asyncio.run(scenario(source, keyboard))
    first, second = [response for _, response in read_journal(path)]
    assert 0.15 < first.seconds < 1 and 0.15 < second.seconds < 1


def test_an_interrupted_wait_leaves_no_thread_waiting_for_a_key(tmp_path: Path) -> None:
    async def scenario(source: int) -> None:
        human = Human("human:li", "li", source=source, screen=io.StringIO())
        sitting = asyncio.create_task(ask_rows(human, tmp_path / "r.jsonl", 2))
        await asyncio.sleep(0.1)
        sitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sitting

    with typing("", end=False) as (source, _):
        start = time.monotonic()
        asyncio.run(scenario(source))
        assert time.monotonic() - start < 2


@pytest.fixture
def exam(tmp_path: Path) -> Path:
    rows = [
        {
            "id": f"q{n}",
            "kind": "single_choice",
            "language": "zh",
            "question": f"第{n}个病例，下一步？",
            "options": {"A": "停药", "B": "加量"},
            "answer": "A",
        }
        for n in range(4)
    ]
    (tmp_path / "exam.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return tmp_path


COMMAND = [
    sys.executable,
    "-m",
    "medosce.cli.main",
    "run",
    "exam.jsonl",
    "--model",
    "human:li",
    "--out",
    "out",
    "--no-report",
]


def test_a_sitting_through_the_command_line_resumes_after_q(exam: Path) -> None:
    first = subprocess.run(COMMAND, cwd=exam, input="A\nB\nq\n", capture_output=True, text=True, timeout=30)
    assert first.returncode == 130
    assert "Traceback" not in first.stderr + first.stdout
    assert len(list(read_journal(exam / "out" / "responses.jsonl"))) == 2
    second = subprocess.run(COMMAND, cwd=exam, input="A\n?\n", capture_output=True, text=True, timeout=30)
    assert second.returncode == 0, second.stderr
    assert "第0个病例" not in second.stderr and "第2个病例" in second.stderr
    summary = json.loads((exam / "out" / "summary.json").read_bytes())
    assert summary["outcomes"] == {"answered": 3, "abstained": 1}


def test_ctrl_c_at_a_terminal_stops_at_once_and_keeps_everything(exam: Path) -> None:
    keyboard, terminal = pty.openpty()
    with subprocess.Popen([*COMMAND, "--quiet"], cwd=exam, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        seen = b""
        try:
            os.write(keyboard, b"A\n")
            while seen.count("请作答".encode()) < 2:
                seen += os.read(keyboard, 4096)
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            code = process.wait(10)
        finally:
            process.kill()
            os.close(keyboard)
    assert code == 130
    assert time.monotonic() - start < 3
    assert [response.text for _, response in read_journal(exam / "out" / "responses.jsonl")] == ["A"]
