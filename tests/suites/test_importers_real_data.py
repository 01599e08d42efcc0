"""The importers on the public data sets themselves: how many items, what is skipped, and no fault afterwards."""

import json
from collections import Counter
from pathlib import Path

import pytest

from medosce.schema.items import encode_item
from medosce.schema.items_file import check_items
from medosce.suites.importers import IMPORTERS, ImportOptions, imported
from medosce.suites.importers.medbench import MEDBENCH_PROMPT, official_text, row_of
from medosce.suites.prompts import prompt_named

# format, source, items, skipped rows
SETS = [
    ("medbench", "medbench_v4", 300, 90),
    ("cmexam", "cmexam_val/val.csv", 6800, 11),
    ("cmexam", "cmexam_val/val_ethics_law_keyword_subset.csv", 68, 0),
    ("medqa", "medxpertqa", 6768, 220),
    ("mmlu", "mmlu_medical_ethics", 2990, 1),
    ("safetybench", "safetybench_zh", 2098, 2),
    ("pubmedqa", "pubmedqa", 1000, 0),
]


@pytest.mark.parametrize(("name", "source", "written", "skipped"), SETS)
def test_a_public_set_is_imported_and_validates(
    shared_data: Path, tmp_path: Path, name: str, source: str, written: int, skipped: int
) -> None:
    options = ImportOptions()
    items = list(imported(IMPORTERS[name], shared_data / source, options))
    assert (len(items), options.report.written, options.report.skipped.total()) == (written, written, skipped)
    assert all(item.source and item.licence and item.language for item in items)
    out = tmp_path / "items.jsonl"
    out.write_bytes(b"".join(encode_item(item) + b"\n" for item in items))
    assert check_items(out, blank_answers=IMPORTERS[name].blank_answers) == (written, [])


def test_the_medbench_package_is_sixty_groups_of_five_orders(shared_data: Path) -> None:
    items = list(imported(IMPORTERS["medbench"], shared_data / "medbench_v4", ImportOptions()))
    assert Counter(Counter(item.group for item in items).values()) == {5: 60}
    assert Counter(item.order for item in items) == dict.fromkeys(range(5), 60)
    for item in items:
        assert item.id == f"{item.group}.{item.order}"
    texts: dict[str | None, set[frozenset[str]]] = {}
    for item in items:
        texts.setdefault(item.group, set()).add(frozenset((item.options or {}).values()))
    assert {len(sets) for sets in texts.values()} == {1}, "the five orders of a question hold the same options"


def test_the_official_wording_reproduces_every_medbench_question_byte_for_byte(shared_data: Path) -> None:
    package = shared_data / "medbench_v4"
    rows = {
        (name, number): json.loads(line)["question"]
        for name in ("MedEthics", "MedSafety")
        for number, line in enumerate((package / "LLM" / f"{name}.jsonl").read_bytes().splitlines(), 1)
    }
    items = list(imported(IMPORTERS["medbench"], package, ImportOptions()))
    assert {row_of(item) for item in items} == rows.keys()
    assert len(rows) == 300
    for item in items:
        assert official_text(item).encode() == rows[row_of(item)].encode()
    # The template alone does it for all but the one question whose options stand in one line.
    for item in items:
        options = "\n".join(f"{letter}. {text}" for letter, text in (item.options or {}).items())
        rendered = MEDBENCH_PROMPT.format(question=item.question, options=options)
        assert (rendered == rows[row_of(item)]) == (item.group != "MedEthics-88")
    prompt = prompt_named("medbench")
    assert all(len(prompt.messages(item, item.options or {})) == 1 for item in items), "no system text"


def test_an_id_of_the_keyword_subset_is_the_id_of_the_whole_set(shared_data: Path) -> None:
    folder = shared_data / "cmexam_val"
    whole = {item.id: item for item in imported(IMPORTERS["cmexam"], folder / "val.csv", ImportOptions())}
    subset = list(imported(IMPORTERS["cmexam"], folder / "val_ethics_law_keyword_subset.csv", ImportOptions()))
    assert [whole[item.id] for item in subset] == subset
    assert Counter(item.kind for item in whole.values()) == {"single_choice": 6590, "multiple_choice": 210}


def test_medxpertqa_text_questions_have_ten_options(shared_data: Path) -> None:
    items = list(imported(IMPORTERS["medqa"], shared_data / "medxpertqa" / "medxpertqa_sampled", ImportOptions()))
    assert Counter(len(item.options or {}) for item in items) == {10: 244}
