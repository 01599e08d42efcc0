"""Comparisons of runs against oracles worked out on small data."""

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from exam import failed, journalled, question, questions, recorded, replied, write_rows

import medosce
from medosce.runner.comparison import compare_runs
from medosce.runner.folder import RunFolder
from medosce.schema.errors import InputError


def sat(tmp_path: Path, name: str, rows: list[dict[str, Any]], replies: dict[str, str], **options: Any) -> RunFolder:
    """A run of `rows` with these replies; every run of one test sits the same file."""
    items = write_rows(tmp_path / "exam.jsonl", rows)
    [result] = medosce.run(items, recorded(tmp_path / f"{name}.jsonl", replies), out=tmp_path / f"run-{name}", **options)
    return result.folder


def mcnemar(b: int, c: int) -> float:
    n = b + c
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n) if n else 1.0


def sign_flip(sums: list[int]) -> float:
    flips = itertools.product((1, -1), repeat=len(sums))
    totals = [abs(sum(sign * value for sign, value in zip(signs, sums, strict=True))) for signs in flips]
    return sum(total >= abs(sum(sums)) for total in totals) / len(totals)


def by_place(marks: str, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Replies from a string: 1 right, 0 wrong, ? no commitment, - nothing recorded."""
    wrong = {"A": "B", "B": "C", "C": "D", "D": "A"}
    meant = {row["id"]: (mark, row["answer"]) for mark, row in zip(marks, rows, strict=True) if mark != "-"}
    return {id: key if mark == "1" else wrong[key] if mark == "0" else "Let us look at the dose." for id, (mark, key) in meant.items()}


def test_one_row_a_group_is_tested_exactly_and_counted_both_ways(tmp_path: Path) -> None:
    rows = questions(12)
    a = sat(tmp_path, "a", rows, by_place("111111110000", rows))
    b = sat(tmp_path, "b", rows, by_place("110000011000", rows))
    [pair] = compare_runs([a, b])["pairs"]
    assert (pair["a"], pair["b"], pair["n"], pair["groups"], pair["left_out"]) == (0, 1, 12, 12, 0)
    assert (pair["b_only"], pair["c_only"]) == (5, 1)
    assert pair["difference"] == pytest.approx(4 / 12)
    assert (pair["test"], pair["p"]) == ("mcnemar exact", pytest.approx(mcnemar(5, 1)))
    assert pair["p_holm"] == pair["p"]
    assert pair["low"] < pair["difference"] < pair["high"]
    assert "strict" not in pair


def test_rows_of_a_group_are_flipped_together(tmp_path: Path) -> None:
    rows = [question(f"q{number}", "ABCD"[number % 4], group=f"g{number // 3}") for number in range(18)]
    marks = "111011101000110011", "100010001110100001"
    a, b = (sat(tmp_path, name, rows, by_place(its, rows)) for name, its in zip("ab", marks, strict=True))
    [pair] = compare_runs([a, b])["pairs"]
    differences = [int(x) - int(y) for x, y in zip(*marks, strict=True)]
    sums = [sum(differences[start : start + 3]) for start in range(0, 18, 3)]
    assert pair["test"] == "cluster sign flip, exact"
    assert pair["p"] == pytest.approx(sign_flip(sums))
    assert pair["difference"] == pytest.approx(sum(differences) / 18)
    assert (pair["n"], pair["groups"]) == (18, 6)


def test_missing_rows_are_left_out_of_a_pair_and_counted(tmp_path: Path) -> None:
    rows = questions(8)
    a = sat(tmp_path, "a", rows, by_place("1111--11", rows))
    b = sat(tmp_path, "b", rows, by_place("-0?111-0", rows))
    [pair] = compare_runs([a, b])["pairs"]
    # Both replied to rows 1, 2, 3 and 7; a reply that commits to nothing is a reply.
    assert (pair["n"], pair["left_out"]) == (4, 4)
    assert (pair["b_only"], pair["c_only"]) == (3, 0)
    assert pair["difference"] == pytest.approx(3 / 4)


def test_rows_without_a_key_are_no_part_of_a_comparison(tmp_path: Path) -> None:
    rows = [*questions(4), question("blank1", ""), question("blank2", "")]
    a = sat(tmp_path, "a", rows, {row["id"]: "A" for row in rows}, blank_answers=True)
    b = sat(tmp_path, "b", rows, {row["id"]: "B" for row in rows}, blank_answers=True)
    found = compare_runs([a, b])
    assert found["pairs"][0]["n"] == 4
    assert [run["accuracy"]["value"] for run in found["runs"]] == [0.25, 0.25]


def test_every_pair_is_one_family_after_holm(tmp_path: Path) -> None:
    rows = questions(16)
    marks = ["1" * 16, "1" * 10 + "0" * 6, "1" * 4 + "0" * 12]
    runs = [sat(tmp_path, name, rows, by_place(its, rows)) for name, its in zip("abc", marks, strict=True)]
    pairs = compare_runs(runs)["pairs"]
    assert [(pair["a"], pair["b"]) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    raw = [mcnemar(6, 0), mcnemar(12, 0), mcnemar(6, 0)]
    assert [pair["p"] for pair in pairs] == pytest.approx(raw)
    # Smallest p times 3; the two that tie times 2, which does not fall below it.
    assert [pair["p_holm"] for pair in pairs] == pytest.approx([2 * raw[0], 3 * raw[1], 2 * raw[2]])


def test_dimensions_and_axes_are_families_of_their_own(tmp_path: Path) -> None:
    dimensions = ["E1"] * 10 + ["S3"] * 4 + [None] * 2
    rows = [question(f"q{number}", "ABCD"[number % 4], dimension=name) for number, name in enumerate(dimensions)]
    a = sat(tmp_path, "a", rows, by_place("1" * 16, rows))
    b = sat(tmp_path, "b", rows, by_place("0" * 10 + "1001" + "11", rows))
    [pair] = compare_runs([a, b])["pairs"]
    assert [(part["dimension"], part["n"], part["b_only"]) for part in pair["by_dimension"]] == [("E1", 10, 10), ("S3", 4, 2)]
    assert [part["p"] for part in pair["by_dimension"]] == pytest.approx([mcnemar(10, 0), mcnemar(2, 0)])
    assert [part["p_holm"] for part in pair["by_dimension"]] == pytest.approx([2 * mcnemar(10, 0), mcnemar(2, 0)])
    assert [(part["axis"], part["n"]) for part in pair["by_axis"]] == [("ethics", 10), ("safety", 4)]


def test_strict_correctness_is_compared_unit_by_unit(tmp_path: Path) -> None:
    rows = [question(f"q{unit}.{order}", "A", group=f"q{unit}", order=order) for unit in range(6) for order in range(2)]
    a = sat(tmp_path, "a", rows, by_place("11" * 5 + "10", rows))
    b = sat(tmp_path, "b", rows, by_place("10" * 4 + "11" + "1-", rows))
    strict = compare_runs([a, b])["pairs"][0]["strict"]
    # The last unit lacks a row of b's and is left out: four units a has alone, one both have.
    assert (strict["n"], strict["b_only"], strict["c_only"], strict["test"]) == (5, 4, 0, "mcnemar exact")
    assert strict["p"] == pytest.approx(mcnemar(4, 0))
    assert strict["difference"] == pytest.approx(4 / 5)


def test_each_pair_is_compared_on_the_rows_those_two_share(tmp_path: Path) -> None:
    rows = questions(40)
    answers = by_place("10" * 20, rows)
    whole = sat(tmp_path, "whole", rows, answers)
    part = sat(tmp_path, "part", rows, answers, limit=10)
    turned = sat(tmp_path, "turned", rows, answers, orders=2)
    found = compare_runs([whole, part, turned])
    assert [pair["n"] for pair in found["pairs"]] == [10, 40, 10]
    # The same replies on the same rows: had a row met another's, some would differ.
    assert [(pair["b_only"], pair["c_only"], pair["difference"]) for pair in found["pairs"]] == [(0, 0, 0.0)] * 3
    assert [run["accuracy"]["n"] for run in found["runs"]] == [40, 10, 40]
    assert found["notes"] == ["different_selections"]


def test_files_in_another_order_are_aligned_by_item(tmp_path: Path) -> None:
    rows = questions(9)
    a = sat(tmp_path, "a", rows, by_place("110110110", rows))
    b = sat(tmp_path, "b", rows[::-1], by_place("110110110", rows))
    found = compare_runs([a, b])
    assert (found["pairs"][0]["n"], found["pairs"][0]["b_only"], found["pairs"][0]["c_only"]) == (9, 0, 0)
    assert found["notes"] == ["different_suite_versions"]


def test_ranks_are_by_accuracy_on_the_rows_all_replied_to(tmp_path: Path) -> None:
    rows = questions(20)
    low = sat(tmp_path, "low", rows, by_place("1" * 2 + "0" * 18, rows))
    high = sat(tmp_path, "high", rows, by_place("1" * 20, rows))
    tied = sat(tmp_path, "tied", rows, by_place("1" * 2 + "0" * 17 + "-", rows))
    ranks = compare_runs([low, high, tied])["ranks"]
    assert [(rank["run"], rank["rank"], rank["n"]) for rank in ranks] == [(0, 2.5, 19), (1, 1.0, 19), (2, 2.5, 19)]
    assert (ranks[1]["low"], ranks[1]["high"]) == (1.0, 1.0)


def test_the_same_seed_gives_the_same_comparison(tmp_path: Path) -> None:
    rows = [question(f"q{number}", group=f"g{number // 2}") for number in range(20)]
    runs = [sat(tmp_path, name, rows, by_place(its, rows)) for name, its in (("a", "10" * 10), ("b", "11001" * 4))]
    first, again, other = (compare_runs(runs, resamples=500, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first["pairs"][0]["p"] == other["pairs"][0]["p"]


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    rows = questions(4)
    a = sat(tmp_path, "a", rows, by_place("1111", rows))
    with pytest.raises(InputError, match="at least two runs"):
        compare_runs([a])
    [other] = medosce.run(write_rows(tmp_path / "other.jsonl", rows), "baseline:first")
    with pytest.raises(InputError, match="different suites: exam, other"):
        compare_runs([a, other.folder])
    for options in ({"resamples": 5}, {"seed": -1}):
        with pytest.raises(InputError, match=r"resamples|seed"):
            compare_runs([a, a], **options)
    strangers = sat(tmp_path, "b", [question("z1"), question("z2")], {"z1": "A", "z2": "A"})
    with pytest.raises(InputError, match="share no row"):
        compare_runs([a, strangers])


def test_scores_that_do_not_fit_the_plan_are_refused(tmp_path: Path) -> None:
    rows = questions(4)
    a, b = (sat(tmp_path, name, rows, by_place("1111", rows)) for name in "ab")
    path = b.path / "scores.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for wrong in (lines[:-1], [*lines, lines[-1]]):
        path.write_bytes(b"".join(wrong))
        with pytest.raises(InputError, match="medosce rescore"):
            compare_runs([a, b])


def test_runs_in_which_nobody_replied_have_no_difference_and_no_rank(tmp_path: Path) -> None:
    rows = questions(3)
    (tmp_path / "x").mkdir()
    a = journalled(tmp_path / "x" / "a", rows, [failed(), None, failed()])
    b = journalled(tmp_path / "x" / "b", rows, [replied("A")] * 3, spec="baseline:longest")
    found = compare_runs([a, b])
    assert (found["pairs"][0]["difference"], found["pairs"][0]["p"], found["pairs"][0]["p_holm"]) == (None, None, None)
    assert found["pairs"][0]["reason"] == "no rows"
    assert found["ranks"] == []
