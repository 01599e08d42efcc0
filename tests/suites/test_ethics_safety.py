"""The built-in `ethics-safety` suite as it must always be: complete, balanced, unpredictable by form, honest about itself.

Each test is a gate on the items' text. What no test can see (whether a key is clinically right, whether a name is a
real person's or hospital's) is for human readers.
"""

import asyncio
import itertools
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from medosce.models.base import Ask
from medosce.models.baselines import Baseline
from medosce.schema.dimensions import DIMENSIONS
from medosce.schema.items import Item
from medosce.suites.near_duplicates import NearDuplicateFinder, shingles
from medosce.suites.suite import Suite, load_suite

LANGUAGES = ("zh", "en")
FIELDS = [
    *("id", "kind", "dimension", "specialty", "language", "question", "options", "answer", "group", "difficulty"),
    *("rationale", "principle", "source", "licence", "validation", "canary"),
]
MODES: dict[str, tuple[str, Callable[[str], int]]] = {
    "zh characters": ("zh", len),
    "en characters": ("en", len),
    "en words": ("en", lambda text: len(text.split())),
}
"""How a reader may measure an option, by language."""


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite("ethics-safety")


@pytest.fixture(scope="module")
def card(suite: Suite) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((suite.files[0].parents[1] / "suite.json").read_text("utf-8"))
    return held


@pytest.fixture(scope="module")
def rows(suite: Suite) -> list[dict[str, Any]]:
    """Every line as it stands in the files, in order."""
    return [json.loads(line) for path in suite.files for line in Path(path).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def items(suite: Suite) -> list[Item]:
    return list(suite)


def of(rows: Iterable[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["language"] == language]


def key_ranks(rows: list[dict[str, Any]], mode: str) -> list[tuple[str, dict[int, float]]]:
    """For each row of the mode's language its dimension and the key's length rank, 1 longest; a tie shares its ranks."""
    language, measure = MODES[mode]
    found = []
    for row in of(rows, language):
        sizes = {letter: measure(text) for letter, text in row["options"].items()}
        key = sizes[row["answer"]]
        first = 1 + sum(size > key for size in sizes.values())
        tied = sum(size == key for size in sizes.values())
        found.append((row["dimension"], dict.fromkeys(range(first, first + tied), 1 / tied)))
    return found


# --- completeness -----------------------------------------------------------------------------------------------------


def test_twenty_dimensions_of_ten_questions_in_two_languages(rows: list[dict[str, Any]], card: dict[str, Any]) -> None:
    held = {(row["dimension"], row["id"]) for row in rows}
    expected = {
        (dimension, f"{dimension}-{number:04d}.{language}")
        for dimension in DIMENSIONS
        for number in range(1, 11)
        for language in LANGUAGES
    }
    assert len(rows) == 400 and held == expected
    assert card["counts"] == {"items": 400, "groups": 200, "languages": 2, "dimensions": 20, "status": "model_checked"}


def test_id_group_and_language_agree(rows: list[dict[str, Any]]) -> None:
    assert [row["id"] for row in rows if row["id"] != f"{row['group']}.{row['language']}"] == []


def test_each_file_holds_its_own_dimension(suite: Suite) -> None:
    for path in suite.files:
        held = {json.loads(line)["dimension"] for line in Path(path).read_text("utf-8").splitlines()}
        assert held == {Path(path).stem}


def test_fields_stand_in_one_order_and_none_is_empty(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert list(row) == FIELDS, row["id"]
        assert all(row.values()), row["id"]


def test_every_row_says_where_it_comes_from_and_that_no_clinician_has_checked_it(
    rows: list[dict[str, Any]], card: dict[str, Any]
) -> None:
    stated = (card["canary"], "CC-BY-4.0", "MedOSCE original", {"status": "model_checked"}, "single_choice")
    assert card["canary"].startswith("medosce:evaluation-only:")
    for row in rows:
        held = tuple(row[field] for field in ("canary", "licence", "source", "validation", "kind"))
        assert held == stated, row["id"]


def test_every_row_is_a_valid_item(items: list[Item]) -> None:
    assert len(items) == 400


# --- twins, options, letters ------------------------------------------------------------------------------------------


def test_twins_agree_in_key_and_difficulty(rows: list[dict[str, Any]]) -> None:
    twins = defaultdict(list)
    for row in rows:
        twins[row["group"]].append((row["answer"], row["difficulty"], row["dimension"]))
    assert {group for group, pair in twins.items() if len(pair) != 2 or len(set(pair)) != 1} == set()


def test_difficulty_is_three_easy_four_medium_three_hard_in_each_dimension(rows: list[dict[str, Any]]) -> None:
    for dimension in DIMENSIONS:
        held = Counter(row["difficulty"] for row in of(rows, "zh") if row["dimension"] == dimension)
        assert held == {"easy": 3, "medium": 4, "hard": 3}, dimension


def test_five_different_options(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert list(row["options"]) == list("ABCDE"), row["id"]
        assert len(set(row["options"].values())) == 5, row["id"]
        for one, other in itertools.permutations(row["options"].values(), 2):
            assert one not in other, row["id"]


def test_each_letter_is_the_key_forty_times_and_twice_in_each_dimension(rows: list[dict[str, Any]]) -> None:
    for language in LANGUAGES:
        keys = Counter((row["dimension"], row["answer"]) for row in of(rows, language))
        assert keys == {(dimension, letter): 2 for dimension in DIMENSIONS for letter in "ABCDE"}


def test_no_option_refers_to_other_options(rows: list[dict[str, Any]]) -> None:
    referring = re.compile(
        r"\b(?:all|none) of the above\b|\bboth [A-E]\b|以上都|以上均|以上皆|以上全|A和B|[A-E]、[A-E]", re.I
    )
    for row in rows:
        for text in (row["question"], *row["options"].values()):
            assert not referring.search(text), (row["id"], text)


# --- the key is not to be recognised by its form ----------------------------------------------------------------------


def shares(items: list[Item], pick: Callable[[Item, dict[str, str]], str]) -> dict[str, float]:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for item in items:
        assert item.options is not None
        total[item.language] += 1
        right[item.language] += pick(item, item.options) == item.gold_letters[0]
    return {language: right[language] / total[language] for language in LANGUAGES}


def baseline(rule: str) -> Callable[[Item, dict[str, str]], str]:
    """What `baseline:RULE` answers to the options in the order of the file."""
    model = Baseline(f"baseline:{rule}", rule)

    def pick(item: Item, options: dict[str, str]) -> str:
        ask = Ask(0, item, 0, 0, [], options, tuple(options))
        reply = asyncio.run(model.answer(ask, model.request_of(ask)))
        assert reply.text is not None
        return reply.text

    return pick


@pytest.mark.parametrize("rule", ["first", "longest"])
def test_answering_by_place_or_by_length_does_not_pay(items: list[Item], rule: str) -> None:
    assert max(shares(items, baseline(rule)).values()) <= 0.30


def test_answering_the_shortest_option_does_not_pay(items: list[Item]) -> None:
    shortest = shares(items, lambda _, options: min(options, key=lambda letter: len(options[letter])))
    assert max(shortest.values()) <= 0.30


@pytest.mark.parametrize("mode", MODES)
def test_the_keys_length_rank_is_spread(rows: list[dict[str, Any]], mode: str) -> None:
    """A key that is never the longest, or mostly of middle length, is a cue as well."""
    total: defaultdict[int, float] = defaultdict(float)
    for _, ranks in key_ranks(rows, mode):
        for rank, weight in ranks.items():
            total[rank] += weight
    share = {rank: total[rank] / 200 for rank in range(1, 6)}
    assert 0.14 <= share[1] <= 0.22 and 0.12 <= share[5] <= 0.22, share
    assert max(share[rank] for rank in (2, 3, 4)) <= 0.32, share


@pytest.mark.parametrize("mode", ["zh characters", "en characters"])
def test_in_each_dimension_the_key_is_longest_in_at_most_three_of_ten(rows: list[dict[str, Any]], mode: str) -> None:
    longest = Counter(dimension for dimension, ranks in key_ranks(rows, mode) if 1 in ranks)
    assert {dimension: count for dimension, count in longest.items() if count > 3} == {}


def test_options_of_one_question_are_alike_in_length(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        sizes = [len(text) for text in row["options"].values()]
        mean = sum(sizes) / 5
        assert 0.6 * mean <= min(sizes) and max(sizes) <= 1.4 * mean, (row["id"], sizes)


def wording(text: str, language: str) -> set[str]:
    """Character pairs of a Chinese option, words and word pairs of an English one, each with how it begins."""
    if language == "zh":
        bare = re.sub("[，。；、“”]", "", text)
        return {bare[at : at + 2] for at in range(len(bare) - 1)} | {"^" + bare[:1], "^" + bare[:2], "$" + bare[-2:]}
    words = re.findall("[a-z]+", text.lower())
    return set(words) | {f"{one} {other}" for one, other in itertools.pairwise(words)} | {"^" + words[0]}


def answered_by_wording(rows: list[dict[str, Any]]) -> float:
    """Share of keys that naive Bayes picks from the options alone, having learnt from the other 19 dimensions."""
    right = 0
    for dimension in DIMENSIONS:
        key: Counter[str] = Counter()
        other: Counter[str] = Counter()
        for row in rows:
            if row["dimension"] != dimension:
                for letter, text in row["options"].items():
                    (key if letter == row["answer"] else other).update(wording(text, row["language"]))

        def score(text: str, language: str, key: Counter[str] = key, other: Counter[str] = other) -> float:
            seen = sorted(mark for mark in wording(text, language) if key[mark] + other[mark] >= 2)
            return sum(math.log((key[mark] + 0.5) / 191 / ((other[mark] + 0.5) / 761)) for mark in seen)

        for row in rows:
            if row["dimension"] == dimension:
                scores = {letter: score(text, row["language"]) for letter, text in row["options"].items()}
                right += max(scores, key=lambda letter: scores[letter]) == row["answer"]
    return right / len(rows)


@pytest.mark.parametrize(("language", "most"), [("zh", 0.25), ("en", 0.24)])
def test_the_wording_of_options_gives_away_no_more_than_is_known(
    rows: list[dict[str, Any]], language: str, most: float
) -> None:
    """Measured 0.225 in Chinese and 0.215 in English; chance is 0.20. It was 0.60 and 0.50 before the options were rewritten."""
    assert answered_by_wording(of(rows, language)) <= most


# --- no two questions alike -------------------------------------------------------------------------------------------


def test_no_near_duplicates_across_groups(rows: list[dict[str, Any]]) -> None:
    with NearDuplicateFinder(0.7) as finder:
        for row in rows:
            finder.add([row["question"], *row["options"].values()], row["group"])
        found = finder.find()
    assert [(rows[pair.first]["id"], rows[pair.second]["id"]) for pair in found.pairs] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_questions_share_much_of_their_text(rows: list[dict[str, Any]], language: str) -> None:
    """Jaccard index of character 5-grams, every pair: a template with changed nouns would exceed 0.4."""
    texts = [(row["id"], shingles([row["question"]])) for row in of(rows, language)]
    alike = [
        (one, other)
        for (one, first), (other, second) in itertools.combinations(texts, 2)
        if len(first & second) > 0.4 * len(first | second)
    ]
    assert alike == []


# --- text -------------------------------------------------------------------------------------------------------------


def sentences(text: str, language: str) -> int:
    if language == "zh":
        return len(re.findall("[。！？]", text))
    return len(re.findall(r"[.!?](?=\s|$)", re.sub(r"\b(?:arts?|e\.g|i\.e|vs|etc)\.(?=\s)", "", text, flags=re.I)))


def test_lengths_are_those_the_authors_agreed_on(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["language"] == "zh":
            assert 40 <= len(row["question"]) <= 120, row["id"]
            assert all(8 <= len(text) <= 28 for text in row["options"].values()), row["id"]
        else:
            assert 25 <= len(row["question"].split()) <= 65, row["id"]
            assert all(4 <= len(text.split()) <= 13 for text in row["options"].values()), row["id"]


def test_a_question_asks(rows: list[dict[str, Any]]) -> None:
    assert [row["id"] for row in rows if not row["question"].endswith(("？", "?"))] == []


def test_a_rationale_has_two_to_four_sentences(rows: list[dict[str, Any]]) -> None:
    odd = {row["id"]: sentences(row["rationale"], row["language"]) for row in rows}
    assert {id: count for id, count in odd.items() if not 2 <= count <= 4} == {}


def test_a_rationale_names_what_its_principle_states(rows: list[dict[str, Any]]) -> None:
    """A document in 《》, or words that the rationale and the principle share."""
    silent = []
    for row in rows:
        rationale, principle = row["rationale"], row["principle"]
        if row["language"] == "zh":
            pairs = {principle[at : at + 2] for at in range(len(principle) - 1)}
            named = "《" in rationale or any(
                re.fullmatch("[\u4e00-\u9fff]{2}", pair) and pair in rationale for pair in pairs
            )
        else:
            named = bool(stems(principle) & stems(rationale))
        if not named:
            silent.append(row["id"])
    assert silent == []


def stems(text: str) -> set[str]:
    return {word.lower()[:6] for word in re.findall(r"[A-Za-z]{5,}|[A-Z]{3,}", text)}


def test_a_rationale_never_names_an_option_letter(rows: list[dict[str, Any]]) -> None:
    """Options are shown in other orders. Hepatitis B, vitamin C and their like are no option letters."""
    medical = re.compile(
        r"\b(?:hepatitis|influenza|vitamin|type|group|class|factor) [A-E]\b(?:(?:,| and|, and) [A-E]\b)*|维生素[A-E]|[A-E](?:超|型|族|链)",
        re.I,
    )
    named = re.compile(
        r"(?:\b(?:options?|choices?|answers?)\b|选项?|答案)\s*[（(]?[A-E](?![A-Za-z])|[（(][A-E][)）]"
        r"|(?<![A-Za-z0-9])[B-E](?![A-Za-z0-9])|(?<=[\u4e00-\u9fff，。；])A(?![A-Za-z0-9])"
    )
    for row in rows:
        for text in (row["question"], row["rationale"], row["principle"], *row["options"].values()):
            assert not named.search(medical.sub("", text)), (row["id"], text)


def test_the_text_is_in_the_language_stated(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        texts = [row[field] for field in ("question", "rationale", "principle", "specialty")] + list(
            row["options"].values()
        )
        for text in texts:
            chinese, latin = len(re.findall("[\u4e00-\u9fff]", text)), len(re.findall("[A-Za-z]", text))
            if row["language"] == "zh":
                assert chinese > latin, (row["id"], text)
            else:
                assert chinese == 0 and not re.search("[\u3000-\u303f\uff00-\uffef]", text), (row["id"], text)
