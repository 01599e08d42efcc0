"""Every way in which a row can fail to be an item, named with its field and its mend."""

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medosce.schema.items import FIELDS, Item, decode_item, encode_item, faults_of, quick_fault

CHOICE: dict[str, Any] = {
    "id": "q1", "kind": "single_choice", "language": "en", "question": "Which?", "options": {"A": "this", "B": "that", "C": "neither"},
    "answer": "B",
}  # fmt: skip
SEVERAL = {**CHOICE, "kind": "multiple_choice", "answer": ["A", "C"]}
LABELS: dict[str, Any] = {
    "id": "i1", "kind": "labels", "language": "zh", "question": "有何质量问题？", "labels": ["off_centre", "blurred"],
    "answer": ["blurred"],
}  # fmt: skip
GRADED = {**LABELS, "kind": "classification", "answer": "blurred"}
AUDIT = {
    "id": "r1", "kind": "report_audit", "language": "zh", "report": {"findings": "左肺结节"},
    "answer": [{"type": "laterality", "section": "findings", "quote": "左肺"}],
}  # fmt: skip
OPEN = {
    "id": "o1", "kind": "open", "language": "en", "messages": [{"role": "user", "content": "I feel low."}],
    "criteria": [{"id": "c1", "criterion": "asks about self-harm", "points": 5}],
}  # fmt: skip
SOUND = [CHOICE, SEVERAL, LABELS, GRADED, AUDIT, OPEN, {**LABELS, "answer": []}, {**AUDIT, "answer": []}]


def without(row: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != field}


@pytest.mark.parametrize("row", SOUND, ids=lambda row: row["kind"])
def test_a_sound_row_of_every_kind_has_no_fault_and_survives_writing(row: dict[str, Any]) -> None:
    assert list(faults_of(row)) == []
    item = decode_item(json.dumps(row).encode())
    assert quick_fault(item) is None
    assert decode_item(encode_item(item)) == item


FAULTY: list[tuple[Any, str, str, str]] = [
    # row, field, words of the message, words of the mend
    ([], "", "expected a JSON object, found a list", "{…}"),
    ("text", "", "found a text", ""),
    (None, "", "found nothing", ""),
    (7, "", "found a number", ""),
    (without(CHOICE, "id"), "id", "missing", "unique"),
    ({**CHOICE, "id": ""}, "id", "missing", ""),
    ({**CHOICE, "id": 5}, "id", "not a text", ""),
    (without(CHOICE, "language"), "language", "missing", "'zh' or 'en'"),
    ({**CHOICE, "language": ""}, "language", "missing", ""),
    (without(CHOICE, "kind"), "kind", "expected one of single_choice", ""),
    ({**CHOICE, "kind": "quiz"}, "kind", "found 'quiz'", ""),
    ({**CHOICE, "kind": ["open"]}, "kind", "expected one of", ""),
    (without(CHOICE, "question"), "question", "missing", "'question', 'messages' or 'report'"),
    ({**CHOICE, "question": " \n"}, "question", "empty", ""),
    ({**without(CHOICE, "question"), "messages": [{"role": "user"}]}, "messages", "'content'", ""),
    ({**CHOICE, "awnser": "A"}, "awnser", "unknown field", "did you mean 'answer'?"),
    ({**CHOICE, "zzz": 1}, "zzz", "unknown field", "'meta'"),
    (without(CHOICE, "options"), "options", "2 to 26 options", '{"A"'),
    ({**CHOICE, "options": ["this", "that"]}, "options", "expected an object", ""),
    ({**CHOICE, "options": {"A": "only"}}, "options", "2 to 26", ""),
    ({**CHOICE, "options": {"B": "this", "C": "that"}}, "options", "letters A, B in that order; found B, C", ""),
    ({**CHOICE, "options": {"B": "this", "A": "that"}}, "options", "in that order", ""),
    ({**CHOICE, "options": {"a": "this", "b": "that"}}, "options", "found a, b", ""),
    ({**CHOICE, "options": {"A": "this", "B": "this", "C": "x"}}, "options", "same text", ""),
    ({**CHOICE, "options": {"A": "this", "B": "  ", "C": "x"}}, "options", "not empty", ""),
    ({**CHOICE, "options": {"A": "this", "B": 2, "C": "x"}}, "options", "needs a text", ""),
    (without(CHOICE, "answer"), "answer", "missing", "blank"),
    ({**CHOICE, "answer": ""}, "answer", "missing", ""),
    ({**CHOICE, "answer": "D"}, "answer", "'D' is not among the options A, B, C", ""),
    ({**CHOICE, "answer": "b"}, "answer", "'b' is not among", ""),
    ({**CHOICE, "answer": ["B"]}, "answer", "expected one letter, found a list", "multiple_choice"),
    ({**SEVERAL, "answer": "AC"}, "answer", "expected a list of letters", '["A", "C"]'),
    ({**SEVERAL, "answer": "A"}, "answer", "expected a list of letters", ""),
    ({**SEVERAL, "answer": ["A", "E"]}, "answer", "'E' is not among", ""),
    ({**SEVERAL, "answer": ["A", "A"]}, "answer", "names a letter twice", ""),
    ({**SEVERAL, "answer": ["A", {"type": "unit"}]}, "answer", "expected a list of letters", ""),
    ({**CHOICE, "order": -1}, "order", "whole number", ""),
    ({**CHOICE, "order": 1.5}, "order", "whole number", ""),
    ({**CHOICE, "order": True}, "order", "whole number", ""),
    ({**CHOICE, "order": 70_000}, "order", "from 0 to 65535", ""),
    ({**CHOICE, "images": "a.png"}, "images", "list of paths", ""),
    ({**CHOICE, "validation": {"status": "checked"}}, "validation", "unreviewed, model_checked, expert_validated", ""),
    ({**CHOICE, "validation": "expert_validated"}, "validation", "'status'", ""),
    ({**CHOICE, "meta": []}, "meta", "expected an object", ""),
    ({**CHOICE, "group": 7}, "group", "expected a text, found a number", ""),
    ({**CHOICE, "rationale": {"en": "…"}}, "rationale", "found an object", ""),
    (without(LABELS, "labels"), "labels", "list of label ids", ""),
    (without(LABELS, "answer"), "answer", "missing", ""),
    ({**LABELS, "answer": "blurred"}, "answer", "a list of labels", ""),
    ({**LABELS, "answer": ["sharp"]}, "answer", "'sharp' is not among the labels", ""),
    ({**GRADED, "answer": ["blurred"]}, "answer", "one label", ""),
    (without(AUDIT, "report"), "report", "missing", "impression"),
    ({**AUDIT, "answer": [{"type": "spelling"}]}, "answer", "unknown error type 'spelling'", "laterality"),
    ({**AUDIT, "answer": [{"type": "unit", "section": "title"}]}, "answer", "unknown section 'title'", ""),
    ({**AUDIT, "answer": ["unit"]}, "answer", "list of findings", ""),
    (without(OPEN, "criteria"), "criteria", "missing", "'reference'"),
    ({**OPEN, "criteria": 5}, "criteria", "expected a list of criteria, found a number", ""),
    ({**OPEN, "criteria": [{"id": "c1", "points": 1}]}, "criteria[0]", "'criterion'", ""),
]  # fmt: skip


@pytest.mark.parametrize(("row", "field", "message", "mend"), FAULTY)
def test_a_faulty_row_is_told_what_is_wrong_where_and_what_to_do(row: Any, field: str, message: str, mend: str) -> None:
    found = [fault for fault in faults_of(row) if fault.field == field]
    assert found, list(faults_of(row))
    assert message in found[0].message
    assert mend in found[0].mend


@pytest.mark.parametrize("row", [row for row, *_ in FAULTY])
def test_no_faulty_row_passes_the_check_made_on_every_planned_row(row: Any) -> None:
    try:
        item = decode_item(json.dumps(row).encode())
    except msgspec.ValidationError:
        return
    assert quick_fault(item) in list(faults_of(row))


def test_all_faults_of_a_row_are_found_and_in_an_order_that_never_changes() -> None:
    row = {**CHOICE, "id": "", "zz": 1, "yy": 1, "xx": 1, "answer": "Z", "order": -3}
    assert [fault.field for fault in faults_of(row)] == ["xx", "yy", "zz", "id", "order", "answer"]


@pytest.mark.parametrize("row", [CHOICE, SEVERAL, LABELS, GRADED, AUDIT], ids=lambda row: row["kind"])
def test_a_missing_key_is_sound_where_blank_answers_are_allowed(row: dict[str, Any]) -> None:
    blank = without(row, "answer")
    assert list(faults_of(blank, blank_answers=True)) == []
    assert quick_fault(decode_item(json.dumps(blank).encode()), blank_answers=True) is None
    assert quick_fault(decode_item(json.dumps(blank).encode())) is not None


def test_a_wrong_key_stays_a_fault_where_blank_answers_are_allowed() -> None:
    assert next(faults_of({**CHOICE, "answer": "Z"}, blank_answers=True)).field == "answer"


# The quick check that every planned row passes must never differ from the full one.
_values = st.one_of(
    st.none(), st.sampled_from(["", " ", "A", "B", "Z", "AB", "blurred", "en"]), st.integers(-2, 70_000), st.booleans(),
    st.lists(st.sampled_from(["A", "B", "C", "Z", "blurred"]), max_size=3),
    st.lists(st.sampled_from([{"type": "unit"}, {"type": "nonsense"}, {"role": "user", "content": "x"}, "A"]), max_size=2),
    st.dictionaries(st.sampled_from(["A", "B", "C", "D", "status"]), st.sampled_from(["", " ", "x", "y", "z", "unreviewed"]), max_size=4),
    st.sampled_from(["open", "multiple_choice", "single_choice", "dialogue"]),
)  # fmt: skip


@st.composite
def _rows(draw: st.DrawFn) -> dict[str, Any]:
    row: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(SOUND)))
    for field in draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=4)):
        if draw(st.booleans()):
            row.pop(field, None)
        else:
            row[field] = draw(_values)
    return row


@given(_rows(), st.booleans())
def test_the_quick_check_agrees_with_the_full_one_on_any_row(row: dict[str, Any], blank: bool) -> None:
    full = list(faults_of(row, blank))
    try:
        item = decode_item(json.dumps(row).encode())
    except msgspec.ValidationError:
        return
    quick = quick_fault(item, blank)
    assert (quick is None) == (not full), (quick, full)
    if quick:
        assert quick in full


def test_a_row_without_a_group_is_its_own_unit() -> None:
    assert Item(id="a", kind="open", language="en").unit == "a"
    assert Item(id="a", kind="open", language="en", group="g").unit == "g"
