"""Importing anybody's JSON Lines or CSV through a column map."""

from pathlib import Path

import pytest
from importing import Write, lines, take

from medosce.schema.errors import InputError
from medosce.suites.importers.mapped import parse_map


def test_csv_columns_are_mapped(write: Write) -> None:
    path = write("exam.csv", "编号,题干,甲,乙,丙,答案\n1,问,一,二,,乙项\n2,问,一,二,三,C\n".replace("乙项", "二"))
    columns = parse_map("id=编号,question=题干,A=甲,B=乙,C=丙,answer=答案")
    items, _ = take("csv", path, columns=columns, language="zh", licence="内部", source="院内题库")
    assert [(item.id, item.answer, len(item.options or {})) for item in items] == [("1", "B", 2), ("2", "C", 3)]
    assert (items[0].licence, items[0].source, items[0].language) == ("内部", "院内题库", "zh")


def test_a_csv_in_another_encoding_needs_it_named(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "exam.csv"
    path.write_bytes("question,A,B,answer\n这是什么,甲,乙,A\n".encode("gb18030"))
    with pytest.raises(InputError, match="gb18030"):
        take("csv", path, language="zh")
    (item,), _ = take("csv", path, language="zh", encoding="gb18030")
    assert item.question == "这是什么"


def test_tab_separated_files_are_read_by_their_name(write: Write) -> None:
    (item,), _ = take("csv", write("exam.tsv", "question\tA\tB\tanswer\nq, r\tx\ty\tB\n"), language="en")
    assert (item.question, item.answer) == ("q, r", "B")


def test_jsonl_options_may_be_nested_listed_or_columns(write: Write) -> None:
    rows = [
        {"question": "q1", "options": {"A": "x", "B": "y"}, "answer": "B"},
        {"question": "q2", "options": ["x", "y"], "answer": ["A", "B"]},
        {"question": "q3", "A": "x", "B": "y", "answer": "A"},
    ]
    items, _ = take("jsonl", write("exam.jsonl", lines(*rows)), language="en")
    assert [item.answer for item in items] == ["B", ["A", "B"], "A"]
    nested = write("nested.jsonl", lines({"stem": "q", "o": {"a": "x", "b": "y"}, "key": 1}))
    columns = parse_map("question=stem,A=o.a,B=o.b,answer=key")
    (item,), _ = take("jsonl", nested, language="en", columns=columns, key_from=0)
    assert item.answer == "B"


def test_a_numeric_key_is_never_guessed(write: Write) -> None:
    path = write("exam.jsonl", lines({"question": "q", "A": "x", "B": "y", "answer": 1}))
    items, report = take("jsonl", path, language="en")
    assert not items
    assert report.skipped == {"the key cannot be read as letters": 1}
    (item,), _ = take("jsonl", path, language="en", key_from=1)
    assert item.answer == "A"


def test_an_id_that_stands_twice_is_written_once(write: Write) -> None:
    row = {"id": "1", "question": "q", "A": "x", "B": "y", "answer": "A"}
    items, report = take("jsonl", write("exam.jsonl", lines(row, row)), language="en")
    assert len(items) == 1
    assert report.skipped == {"another row has the same id": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("question", "is not FIELD=COLUMN"),
        ("stem=question", "'stem' is no field"),
        ("A=x,A=y", "names 'A' twice"),
    ],
)
def test_a_map_that_cannot_be_meant_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_map(text)


def test_what_the_source_lacks_is_named(write: Write) -> None:
    path = write("exam.csv", "stem,A,B,answer\nq,x,y,A\n")
    with pytest.raises(InputError, match="no column 'question'"):
        take("csv", path, language="en")
    with pytest.raises(InputError, match="no column 'title'"):
        take("csv", path, language="en", columns={"question": "title"})
    with pytest.raises(InputError, match="language: not stated"):
        take("csv", path, columns={"question": "stem"})


def test_formats_that_state_their_facts_take_none_from_the_user(write: Write) -> None:
    with pytest.raises(InputError, match="--language"):
        take("mmlu", write("x_test.csv", "q,a,b,A\n"), language="zh")
