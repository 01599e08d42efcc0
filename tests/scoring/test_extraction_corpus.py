"""The labelled corpus: its make-up, and the error rate the documentation states."""

from collections import Counter

from medosce.scoring.extraction.measure import first_letter, judge, last_letter, lenient, load_corpus, measure, strict
from medosce.scoring.extraction.records import Extraction

ROWS = load_corpus()


def test_the_corpus_is_large_balanced_and_covers_the_hard_shapes() -> None:
    shapes = Counter(row["shape"] for row in ROWS)
    languages = Counter(row["language"] for row in ROWS)
    assert len(ROWS) >= 400
    assert min(languages.values()) / len(ROWS) > 0.4
    assert shapes["term_trap"] + shapes["article_trap"] >= 60
    assert shapes["refusal"] + shapes["abstain"] >= 40
    assert sum(row["kind"] == "multiple_choice" for row in ROWS) >= 30
    assert shapes["truncated"] + shapes["empty"] + shapes["junk"] >= 30
    assert {shape for row in ROWS if row["split"] == "held_out" for shape in [row["shape"]]} == set(shapes)


def test_rows_are_well_formed_and_distinct() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({(row["reply"], tuple(row["options"].items()), row["kind"]) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert set(row["expect"]["letters"]) <= set(row["options"]), row["id"]
        assert bool(row["expect"]["letters"]) == (row["expect"]["status"] == "answered"), row["id"]


def test_development_rows_hold_no_misread_and_few_misses() -> None:
    tally = measure(ROWS, lenient).splits["dev"]
    assert tally.misread == 0
    assert tally.miss <= 0.02 * tally.n


def test_held_out_rows_stay_within_the_documented_error() -> None:
    tally = measure(ROWS, lenient).splits["held_out"]
    assert tally.misread == 0
    assert tally.miss <= 3


def test_strict_never_answers_otherwise_than_lenient() -> None:
    for row in ROWS:
        plain = strict(row["reply"], row["options"], row["kind"])
        if plain.status == "answered":
            assert plain.letters == lenient(row["reply"], row["options"], row["kind"]).letters, row["id"]
    assert all(tally.misread == 0 for tally in measure(ROWS, strict, label="strict").splits.values())


def test_naive_readings_are_far_worse_on_the_same_rows() -> None:
    ours = sum(tally.misread for tally in measure(ROWS, lenient).splits.values())
    for baseline in (first_letter, last_letter):
        assert sum(tally.misread for tally in measure(ROWS, baseline).splits.values()) > 20 * max(ours, 1)


def test_errors_are_told_apart() -> None:
    answered = {"status": "answered", "letters": ["A"]}
    none = {"status": "abstained", "letters": []}
    a, b = (Extraction("answered", (letter,), "", None) for letter in "AB")
    silent, refused = Extraction("unparsed", (), "", None), Extraction("refused", (), "", None)
    assert [judge(answered, x) for x in (a, b, silent)] == ["right", "misread", "miss"]
    assert [judge(none, x) for x in (a, refused)] == ["misread", "wrong_reason"]
