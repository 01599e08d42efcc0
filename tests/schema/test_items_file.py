"""Items files: streamed, stopped at the first fault for a run, read to the end for a validation."""

import json
from pathlib import Path
from typing import Any

import pytest

from medosce.schema.errors import InputError
from medosce.schema.items_file import any_twice, check_items, read_items


def row(id: str, **fields: Any) -> bytes:
    item = {"id": id, "kind": "single_choice", "language": "zh", "question": "选哪项？", "options": {"A": "甲", "B": "乙"}, "answer": "A"}
    return json.dumps({**item, **fields}, ensure_ascii=False).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "items.jsonl"


def refusal(path: Path, **options: bool) -> InputError:
    with pytest.raises(InputError) as caught:
        list(read_items(path, **options))
    return caught.value


def test_each_item_comes_with_its_line_as_written(file: Path) -> None:
    lines = [row("q1"), row("q2", order=3)]
    file.write_bytes(b"\n".join(lines))
    assert [(line, item.id, item.order) for line, item in read_items(file)] == [(lines[0], "q1", None), (lines[1], "q2", 3)]


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_no_faults(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + row("q1") + b"\r\n\r\n  \n" + row("q2") + b"\r\n")
    assert [item.id for _, item in read_items(file)] == ["q1", "q2"]
    assert check_items(file) == (2, [])


def test_broken_json_is_named_by_file_and_line(file: Path) -> None:
    good = [row(f"q{number}") for number in range(1, 17)]
    file.write_bytes(b"\n".join([*good, row("q17")[:-1], row("q18")]))
    error = refusal(file)
    assert error.where == f"{file}:17"
    assert "not valid JSON" in error.message
    assert f"{file}:17" in str(error)


def test_reading_yields_the_items_before_the_fault_and_stops_at_it(file: Path) -> None:
    file.write_bytes(b"\n".join([row("q1"), row("q2", answer="Z"), row("q3", answer="Y")]))
    seen = []
    with pytest.raises(InputError, match="'Z' is not among") as caught:
        for _, item in read_items(file):
            seen.append(item.id)
    assert seen == ["q1"]
    assert caught.value.field == "answer"
    assert caught.value.where == f"{file}:2"


def test_a_wrongly_encoded_file_is_told_to_become_utf_8(file: Path) -> None:
    file.write_bytes(row("q1") + b"\n" + row("q2").decode().encode("gb18030"))
    error = refusal(file)
    assert error.where == f"{file}:2"
    assert "not UTF-8" in error.message
    assert "UTF-8" in error.mend
    file.write_bytes(row("q1").decode().encode("utf-16"))
    assert "not UTF-8 (byte 1" in refusal(file).message


def test_a_doubled_id_names_both_lines(file: Path) -> None:
    file.write_bytes(b"\n".join([row("q1"), row("q2"), row("q1")]))
    error = refusal(file)
    assert (error.where, error.field) == (f"{file}:3", "id")
    assert "line 1" in error.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (rb'{"id": "a\ud800"}', "surrogate"),
        (b'{"id": "a", "kind": "open", "language": "en", "question": "?", "reference": "r", "criteria": NaN}', "criteria"),
        (b"null", "expected a JSON object"),
    ],
)
def test_hostile_lines_are_faults_like_any_other(file: Path, line: bytes, words: str) -> None:
    file.write_bytes(line)
    assert words in str(refusal(file))
    rows, faults = check_items(file)
    assert rows == 1
    assert words in str(faults[0])
    str(faults[0]).encode()


def test_validation_reports_every_fault_of_every_line_in_order(file: Path) -> None:
    file.write_bytes(b"\n".join([row("q1", answer="Z", order=-1), b"{", row("q2"), row("q2", langauge="en"), "第".encode("gb18030")]))
    rows, faults = check_items(file)
    assert rows == 5
    assert [(found.line, found.fault.field) for found in faults] == [
        (1, "order"), (1, "answer"), (2, ""), (4, "langauge"), (4, "id"), (5, ""),
    ]  # fmt: skip
    assert "did you mean 'language'?" in str(faults[3])
    assert str(faults[0]).startswith("1: order: ")


def test_what_only_the_typed_decoder_sees_is_a_fault_too(file: Path) -> None:
    criteria = [{"id": "c1", "criterion": "x", "points": 1, "tags": "none"}]
    file.write_bytes(row("q1", kind="open", options=None, answer=None, criteria=criteria))
    assert "tags" in str(check_items(file)[1][0])
    assert "tags" in str(refusal(file))


def test_an_empty_a_missing_and_an_unreadable_file_are_refused(file: Path, tmp_path: Path) -> None:
    assert "No such file" in str(refusal(file))
    file.write_bytes(b"\n\n")
    assert "holds no item" in str(refusal(file))
    assert "directory" in str(refusal(tmp_path))


def test_blank_answers_are_faults_unless_allowed(file: Path) -> None:
    file.write_bytes(row("q1", answer=""))
    assert refusal(file).field == "answer"
    assert [item.gold_letters for _, item in read_items(file, blank_answers=True)] == [()]


def test_twins_among_many_hashes_are_found() -> None:
    from array import array

    assert not any_twice(array("Q", range(20_000)))
    assert any_twice(array("Q", [*range(20_000), 7]))
    assert any_twice(array("Q", [2**64 - 1, 2**64 - 1]))
