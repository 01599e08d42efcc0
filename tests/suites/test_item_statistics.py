"""Statistics of an items file, and the near-duplicate finder against a brute-force comparison of every pair."""

import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medosce.schema.errors import InputError
from medosce.suites.item_statistics import item_statistics
from medosce.suites.near_duplicates import NearDuplicateFinder, shingles


def item(id: str, question: str, options: list[str], answer: str | None, **more: Any) -> dict[str, Any]:
    choices = dict(zip("ABCDEFGH", options, strict=False))
    row = {"id": id, "kind": "single_choice", "language": "zh", "question": question, "options": choices, **more}
    return row if answer is None else {**row, "answer": answer}


def statistics(tmp_path: Path, *rows: dict[str, Any]) -> dict[str, Any]:
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return item_statistics(path)


def test_counts_shares_and_lengths(tmp_path: Path) -> None:
    found = statistics(
        tmp_path,
        item("1", "一二三", ["甲", "乙乙"], "B", dimension="E10", validation={"status": "model_checked"}),
        item("2", "一二三四五", ["甲甲", "乙乙", "丙", "丁"], "A", dimension="E2", language="en"),
        item("3", "一", ["甲", "乙", "丙丙丙", "丁"], "A", dimension="E2"),
        item("4", "一", ["甲", "乙"], None),
    )
    assert (found["items"], found["groups"]) == (4, 4)
    assert list(found["dimensions"].items()) == [("E2", 2), ("E10", 1), ("unset", 1)]
    assert found["languages"] == {"en": 1, "zh": 3}
    assert found["validation"] == {"model_checked": 1, "unset": 3}
    answers = found["answers"]
    assert (answers["blank"], answers["single_choice"]) == (1, 3)
    assert answers["positions"]["A"] == pytest.approx({"count": 2, "share": 2 / 3, "expected": (0.5 + 0.25 + 0.25) / 3})
    assert answers["positions"]["C"] == pytest.approx({"count": 0, "share": 0, "expected": (0.25 + 0.25) / 3})
    assert answers["largest_deviation"] == pytest.approx({"letter": "A", "deviation": 1 / 3})
    # The longest option is the key in the first item, and in the second the first of the two longest.
    assert found["longest_option"] == pytest.approx({"n": 3, "correct": 2, "share": 2 / 3})
    assert found["question_length"] == {"min": 1, "p25": 1, "median": 1, "p75": 3, "p95": 5, "max": 5}


def test_what_is_undefined_is_null(tmp_path: Path) -> None:
    found = statistics(tmp_path, {"id": "1", "kind": "open", "language": "zh", "question": "问", "reference": "答"})
    assert found["longest_option"] == {"n": 0, "correct": 0, "share": None}
    assert found["answers"]["positions"] == {} and found["answers"]["largest_deviation"] is None
    assert found["option_length"]["median"] is None


def test_the_first_faulty_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"items\.jsonl:1: answer: 'C'"):
        statistics(tmp_path, item("1", "问", ["甲", "乙"], "C"))


def test_items_that_differ_in_option_order_or_spacing_are_near_duplicates_unless_of_one_group(tmp_path: Path) -> None:
    question = "医务人员在抢救生命垂危的患者等紧急情况下，不能取得患者意见的，应当如何处理"
    options = ["立即实施相应的医疗措施", "经医疗机构负责人批准后实施", "等待家属到场", "报告公安机关"]
    rows = [
        item("1", question, options, "B"),
        item("2", question.replace("，", "， "), options[::-1], "C"),
        item("3", question, [*options[1:], options[0]], "A", group="1"),
        item("4", "完全不同的一个问题，问的是留样时间", ["12小时", "24小时", "48小时", "72小时"], "C"),
    ]
    found = statistics(tmp_path, *rows)["near_duplicates"]
    assert found["pairs"] == 2
    assert [(pair["a"], pair["b"]) for pair in found["listed"]] == [("1", "2"), ("2", "3")]
    assert all(pair["jaccard"] == 1 for pair in found["listed"])


def brute_force(texts: list[tuple[list[str], str]], threshold: float) -> dict[tuple[int, int], float]:
    sets = [shingles(parts) for parts, _ in texts]
    pairs = {}
    for (i, a), (j, b) in itertools.combinations(enumerate(sets), 2):
        if a and b and texts[i][1] != texts[j][1]:
            jaccard = len(a & b) / len(a | b)
            if jaccard >= threshold:
                pairs[i, j] = jaccard
    return pairs


def found_pairs(texts: list[tuple[list[str], str]], threshold: float) -> dict[tuple[int, int], float]:
    with NearDuplicateFinder(threshold) as finder:
        for parts, unit in texts:
            finder.add(parts, unit)
        result = finder.find(limit=100_000)
    assert result.total == len(result.pairs)
    return {(pair.first, pair.second): pair.jaccard for pair in result.pairs}


short = st.text("ab伦理 患者A，", max_size=9)
texts = st.lists(st.tuples(st.lists(short, min_size=1, max_size=3), st.sampled_from("uvwxyz")), max_size=14)


@settings(deadline=None, max_examples=200)
@given(texts, st.sampled_from([0.7, 0.8, 1.0]))
def test_the_finder_equals_brute_force_on_small_sets(texts: list[tuple[list[str], str]], threshold: float) -> None:
    assert found_pairs(texts, threshold) == pytest.approx(brute_force(texts, threshold))


@pytest.mark.parametrize("seed", range(4))
def test_the_finder_equals_brute_force_on_edited_sentences(seed: int) -> None:
    rng = random.Random(seed)
    alphabet = "患者知情同意书签署前医师应当充分告知手术风险替代方案及预后并尊重其自主决定权abcdefg"
    originals = ["".join(rng.choices(alphabet, k=rng.randint(20, 120))) for _ in range(15)]
    texts = []
    for at in range(200):
        text = list(rng.choice(originals))
        for _ in range(rng.randint(0, 6)):
            text[rng.randrange(len(text))] = rng.choice(alphabet)
        texts.append((["".join(text)], str(at)))
    expected = brute_force(texts, 0.8)
    assert found_pairs(texts, 0.8) == pytest.approx(expected)
    assert len(expected) > 50 and any(0.8 <= jaccard < 0.85 for jaccard in expected.values())


def test_many_copies_are_counted_without_listing_them_all() -> None:
    with NearDuplicateFinder() as finder:
        for at in range(3000):
            finder.add(["同一道题目，一字不差"], f"unit-{at // 2}")
        result = finder.find(limit=10)
    assert result.total == 3000 * 2999 // 2 - 1500
    assert len(result.pairs) == 10


def test_the_public_sets_hold_the_near_duplicates_they_are_known_for(shared_data: Path, tmp_path: Path) -> None:
    from medosce.schema.items import encode_item
    from medosce.suites.importers import IMPORTERS, ImportOptions, imported

    path = tmp_path / "items.jsonl"
    source = imported(IMPORTERS["mmlu"], shared_data / "mmlu_medical_ethics", ImportOptions())
    path.write_bytes(b"".join(encode_item(item) + b"\n" for item in source))
    found = item_statistics(path)["near_duplicates"]
    texts = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        texts.append(([row["question"], *row["options"].values()], row["id"]))
    # Brute force on the subjects that share questions.
    some = [text for text in texts if "clinical_knowledge" in text[1] or "college_medicine" in text[1]]
    expected = {(some[i][1], some[j][1]) for i, j in brute_force(some, 0.8)}
    listed = {(pair["a"], pair["b"]) for pair in found["listed"]}
    ids = {text[1] for text in some}
    assert {pair for pair in listed if ids.issuperset(pair)} == expected
    assert len(expected) > 20
