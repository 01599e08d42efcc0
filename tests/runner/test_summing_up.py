"""summary.json against figures worked out by hand, and marking again from the journal."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from exam import failed, journalled, question, questions, read_scores, recorded, replied, tree, write_rows

import medosce
from loopback import serving_in_thread
from medosce.runner.execute import rescore
from medosce.runner.folder import RunFolder
from medosce.schema.errors import InputError
from medosce.schema.outcomes import OUTCOMES
from medosce.schema.records import Usage
from medosce.scoring.choice import score_choice

RIGHT, WRONG = replied("A"), replied("B")
ABSTAINED, REFUSED, UNPARSED = replied("I don't know."), replied("no", "refusal"), replied("Let us look at the dose.")
TRUNCATED, FILTERED = replied("Let us look at each option", "length"), replied(None, "content_filter")

# Six groups of a Chinese and an English row, E1 then S5: every outcome that a choice question can have.
LEDGER = [
    ("g1", "E1", RIGHT, WRONG), ("g2", "E1", RIGHT, RIGHT), ("g3", "E1", ABSTAINED, REFUSED),
    ("g4", "S5", UNPARSED, TRUNCATED), ("g5", "S5", FILTERED, failed()), ("g6", "S5", None, RIGHT),
]  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> RunFolder:
    rows = [question(f"{group}.{lang}", group=group, language=lang, dimension=name) for group, name, *_ in LEDGER for lang in ("zh", "en")]
    return journalled(tmp_path / "run", rows, [response for _, _, *both in LEDGER for response in both])


def test_the_ledger_names_what_became_of_every_planned_row(ledger: RunFolder) -> None:
    summary = ledger.summary
    assert summary["outcomes"] == {
        "answered": 5, "abstained": 1, "refused": 1, "unparsed": 1, "truncated": 1, "filtered": 1, "provider_error": 1, "not_asked": 1,
    }  # fmt: skip
    assert sum(summary["outcomes"].values()) == summary["planned"] == 12
    assert list(summary["outcomes"]) == [str(outcome) for outcome in OUTCOMES if outcome in summary["outcomes"]]


def test_accuracy_is_right_over_replied_with_bounds_over_all_planned(ledger: RunFolder) -> None:
    accuracy = ledger.summary["metrics"]["accuracy"]
    assert (accuracy["n"], accuracy["groups"]) == (9, 5)
    assert accuracy["value"] == pytest.approx(4 / 9)
    assert accuracy["worst"] == pytest.approx(4 / 12)
    assert accuracy["best"] == pytest.approx((4 + 3 + 2) / 12)
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    answered = ledger.summary["metrics"]["accuracy_of_answered"]
    assert (answered["value"], answered["n"]) == (pytest.approx(4 / 5), 5)


def test_axes_dimensions_and_languages_are_the_same_sums_over_their_rows(ledger: RunFolder) -> None:
    summary = ledger.summary

    def figures(part: dict[str, Any]) -> list[float]:
        its = part["accuracy"]
        return [its["n"], *(pytest.approx(its[name]) for name in ("value", "worst", "best"))]

    assert figures(summary["by_axis"]["ethics"]) == [6, 3 / 6, 3 / 6, 3 / 6]
    assert figures(summary["by_axis"]["safety"]) == [3, 1 / 3, 1 / 6, 6 / 6]
    assert {name: figures(part) for name, part in summary["by_dimension"].items()} == {
        "E1": figures(summary["by_axis"]["ethics"]), "S5": figures(summary["by_axis"]["safety"]),
    }  # fmt: skip
    assert figures(summary["by_language"]["zh"]) == [4, 2 / 4, 2 / 6, 5 / 6]
    assert figures(summary["by_language"]["en"]) == [5, 2 / 5, 2 / 6, 4 / 6]


def test_the_summary_is_the_contract_by_name_and_type(ledger: RunFolder) -> None:
    summary = json.loads((ledger.path / "summary.json").read_bytes())
    types = {
        "format": int, "suite": str, "suite_digest": str, "model": str, "items": int, "planned": int, "outcomes": dict, "metrics": dict,
        "by_axis": dict, "by_dimension": dict, "usage": dict, "wall_seconds": float,
    }  # fmt: skip
    assert summary["format"] == 1
    assert {name: type(summary[name]) for name in types} == types
    assert (summary["suite"], summary["model"], summary["items"]) == ("exam", "baseline:first", 12)
    assert {"input_tokens", "output_tokens", "judge", "cost"} <= summary["usage"].keys()
    accuracy = summary["metrics"]["accuracy"]
    assert list(accuracy) == ["value", "low", "high", "n", "groups", "method", "worst", "best"]
    assert accuracy["method"] == "wilson, design effect"
    assert summary["notes"] == ["unreviewed", "baseline", "partial"]


def test_scores_have_one_row_a_planned_row_in_plan_order(ledger: RunFolder) -> None:
    scores = read_scores(ledger)
    assert [row["item"] for row in scores] == [f"{group}.{language}" for group, *_ in LEDGER for language in ("zh", "en")]
    assert scores[0] == {
        "item": "g1.zh", "order": 0, "repeat": 0, "outcome": "answered", "answer": "A", "correct": True, "chosen_text": "Stop the drug",
        "shown": "A", "strict": True, "rule": "bare_letter",
    }  # fmt: skip
    assert scores[10] == {"item": "g6.zh", "order": 0, "repeat": 0, "outcome": "not_asked"}


def test_one_row_a_group_has_the_plain_wilson_interval(tmp_path: Path) -> None:
    folder = journalled(tmp_path / "run", questions(10), [replied(letter) for letter in "ABCDABCBBC"])
    accuracy = folder.summary["metrics"]["accuracy"]
    n, p, z = 10, 0.7, 1.959963984540054
    centre, half = (p + z * z / (2 * n)) / (1 + z * z / n), z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    assert accuracy["value"] == pytest.approx(p)
    assert (accuracy["low"], accuracy["high"], accuracy["method"]) == (pytest.approx(centre - half), pytest.approx(centre + half), "wilson")


def orders(*replies: str | None) -> list[Any]:
    """For each order of question `q` the reply that picks this own letter (None: nothing; a word: as it is)."""
    from medosce.schema.items import LETTERS, Item
    from medosce.suites.prompts import shown_options

    made = []
    for order, wanted in enumerate(replies):
        shown = shown_options(Item(**question("q")), order, 0)[1]
        made.append(None if wanted is None else replied(LETTERS[shown.index(wanted)] if len(wanted) == 1 else wanted))
    return made


def test_strict_accuracy_and_consistency_by_hand(tmp_path: Path) -> None:
    # The group names the option order, so that every question here is shown in the orders of a question in group "q".
    by_question = {
        "a": ("A", "A"), "b": ("A", "B"), "c": ("B", "B"), "d": ("A", None), "e": ("A", "Let us look at the dose."),
    }  # fmt: skip
    languages = dict(zip(by_question, ("en", "zh", "fr", "de", "es"), strict=True))
    rows = [question(id, group="q", language=languages[id]) for id in by_question]
    responses = [response for replies in by_question.values() for response in orders(*replies)]
    metrics = journalled(tmp_path / "run", rows, responses, orders=2).summary["metrics"]
    strict, consistency = metrics["strict_accuracy"], metrics["consistency"]
    # a is right in both orders; b, c and e are not; d was not asked in full.
    assert (strict["value"], strict["n"]) == (1 / 4, 4)
    assert (strict["worst"], strict["best"]) == (1 / 5, 3 / 5)
    # a and c stay with their option; b changes; e commits to none; d has one reply and says nothing.
    assert (consistency["value"], consistency["n"]) == (2 / 4, 4)
    assert (metrics["accuracy"]["value"], metrics["accuracy"]["n"]) == (pytest.approx(5 / 9), 9)


def test_consistency_of_rows_that_come_in_orders_goes_by_the_text_chosen(tmp_path: Path) -> None:
    turned = {"A": "Refer", "B": "Stop the drug", "C": "Double the dose", "D": "Wait"}
    rows = [question("q.0", "A", group="q", order=0), question("q.1", "B", group="q", order=1, options=turned)]
    same = journalled(tmp_path / "same", rows, [replied("A"), replied("B")]).summary["metrics"]
    other = journalled(tmp_path / "other", rows, [replied("A"), replied("A")]).summary["metrics"]
    assert (same["consistency"]["value"], same["strict_accuracy"]["value"]) == (1.0, 1.0)
    assert (other["consistency"]["value"], other["strict_accuracy"]["value"]) == (0.0, 0.0)


def test_without_repeated_questions_there_is_no_strict_accuracy(ledger: RunFolder) -> None:
    assert "strict_accuracy" not in ledger.summary["metrics"]
    assert "consistency" not in ledger.summary["metrics"]


def test_position_bias_by_hand(tmp_path: Path) -> None:
    folder = journalled(tmp_path / "run", questions(4), [replied("A"), replied("A"), replied("B"), replied("")])
    bias = folder.summary["metrics"]["position_bias"]
    # Chosen: A 2/3, B 1/3 of the three replies that chose; the key stands a quarter at each letter.
    assert bias["value"] == pytest.approx(2 / 3 - 1 / 4)
    assert bias["chosen"] == pytest.approx([2 / 3, 1 / 3, 0, 0], abs=1e-6)
    assert bias["gold"] == [0.25] * 4
    assert bias["n"] == 4


def test_position_bias_is_of_letters_as_shown(tmp_path: Path) -> None:
    rows = [question(f"q{number}", "A") for number in range(20)]
    summary = medosce.run(write_rows(tmp_path / "x.jsonl", rows), "baseline:first", orders=4)[0].summary
    # Every key is written as A, and a complete Latin square puts it a quarter of the time at each letter; the baseline always
    # takes the first.
    assert summary["metrics"]["position_bias"]["gold"] == [0.25] * 4
    assert summary["metrics"]["position_bias"]["value"] == pytest.approx(0.75)
    assert summary["metrics"]["accuracy"]["value"] == pytest.approx(0.25)
    assert summary["metrics"]["consistency"]["value"] == 0.0


def test_rows_without_a_key_stand_in_the_ledger_and_in_no_accuracy(tmp_path: Path) -> None:
    rows = [question("k1"), question("k2"), question("b1", ""), question("b2", "")]
    summary = journalled(tmp_path / "run", rows, [RIGHT, WRONG, RIGHT, None], blank_answers=True).summary
    assert summary["outcomes"] == {"answered": 3, "not_asked": 1}
    accuracy = summary["metrics"]["accuracy"]
    assert (accuracy["value"], accuracy["n"], accuracy["worst"], accuracy["best"]) == (0.5, 2, 0.5, 0.5)
    assert summary["strict_extraction"]["accuracy"]["n"] == 2
    assert "blank_answers" in summary["notes"]


def test_a_set_without_any_key_has_a_ledger_and_no_metrics(tmp_path: Path) -> None:
    summary = journalled(tmp_path / "run", [question("b1", ""), question("b2", "")], [RIGHT, None], blank_answers=True).summary
    assert summary["outcomes"] == {"answered": 1, "not_asked": 1}
    assert summary["metrics"] == {}


def test_nothing_answered_is_undefined_with_a_reason_and_not_zero(tmp_path: Path) -> None:
    accuracy = journalled(tmp_path / "run", questions(3), [failed(), None, FILTERED]).summary["metrics"]["accuracy"]
    assert (accuracy["value"], accuracy["low"], accuracy["n"], accuracy["reason"]) == (None, None, 0, "no rows")
    assert (accuracy["worst"], accuracy["best"]) == (0.0, 1.0)


def test_usage_counts_what_was_paid_and_what_came_from_the_cache(tmp_path: Path) -> None:
    rows = questions(3)
    folder = journalled(
        tmp_path / "run", rows,
        [replied("A", usage=Usage(100, 5, 2)), replied("B", usage=Usage(10, 1), cached=True, tries=0), failed("429")],
    )  # fmt: skip
    usage = folder.summary["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["reasoning_tokens"]) == (110, 6, 2)
    assert (usage["requests"], usage["tries"], usage["cached"], usage["cost"]) == (2, 7, 1, None)
    assert folder.summary["faults"] == {"429": 6}


def test_many_dimensions_and_languages_do_not_overflow(tmp_path: Path) -> None:
    rows = [question(f"q{number}", dimension=f"d{number}", language=f"l{number}", order=65_535) for number in range(200)]
    summary = journalled(tmp_path / "run", rows, [RIGHT] * 200).summary
    assert len(summary["by_dimension"]) == len(summary["by_language"]) == 200


def test_marking_again_writes_the_same_bytes(ledger: RunFolder) -> None:
    before = tree(ledger.path)
    rescore(RunFolder.open(ledger.path))
    assert tree(ledger.path) == before


def test_marking_again_after_a_finished_run_changes_nothing(tmp_path: Path) -> None:
    [result] = medosce.run(write_rows(tmp_path / "x.jsonl", questions(30)), "baseline:random", orders=3, repeats=2)
    before = tree(result.folder.path)
    assert rescore(result.folder) == result.summary
    assert tree(result.folder.path) == before


def test_a_changed_scorer_is_applied_without_a_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_rows(tmp_path / "x.jsonl", questions(8))
    with serving_in_thread() as server:
        [result] = medosce.run(path, "compat:m", base_url=server.url + "/v1", cache=False)
        assert (len(server.requests), result.summary["metrics"]["accuracy"]["value"]) == (8, 0.25)

        def strict(*given: Any) -> Any:
            return msgspec.structs.replace(score_choice(*given), correct=False)

        monkeypatch.setattr("medosce.runner.summary.score_choice", strict)
        assert rescore(result.folder)["metrics"]["accuracy"]["value"] == 0.0
        monkeypatch.setattr("medosce.runner.summary.score_choice", score_choice)
        assert rescore(result.folder) == result.summary
        assert len(server.requests) == 8


def test_a_damaged_scores_file_names_its_line_and_the_mend(ledger: RunFolder) -> None:
    path = ledger.path / "scores.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"item":"g2.zh"', b'"item":7'))
    with pytest.raises(InputError, match="medosce rescore") as caught:
        list(ledger.scores())
    assert caught.value.where == f"{path}:3"


def test_a_damaged_journal_names_its_line(ledger: RunFolder) -> None:
    path = ledger.path / "responses.jsonl"
    path.write_bytes(path.read_bytes().replace(b'{"row":2', b'{"row":two'))
    with pytest.raises(InputError, match="damaged") as caught:
        rescore(ledger)
    assert caught.value.where == f"{path}:3"


def test_damaged_items_of_a_run_are_named_and_no_traceback(ledger: RunFolder) -> None:
    path = ledger.path / "items.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"kind": "single_choice"', b'"kind": "single"', 1))
    with pytest.raises(InputError, match="damaged") as caught:
        rescore(ledger)
    assert caught.value.where == f"{path}:1"


def test_replaying_recorded_replies_sums_up_like_the_model_that_gave_them(tmp_path: Path) -> None:
    spec = recorded(tmp_path / "r.jsonl", {"q0": "A", "q1": "答案：B", "q2": "D"})
    [result] = medosce.run(write_rows(tmp_path / "x.jsonl", questions(4)), spec)
    assert result.summary["outcomes"] == {"answered": 3, "not_asked": 1}
    assert result.summary["metrics"]["accuracy"]["value"] == pytest.approx(2 / 3)
    assert result.unresolved == 1
    assert {"replay", "partial"} <= set(result.summary["notes"])
