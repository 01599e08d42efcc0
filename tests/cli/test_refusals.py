"""What must be changed first is said in one line with where, what and how; nothing prints a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exam import question, questions, tree, write_rows

from loopback import serving_in_thread, status

Command = Callable[..., Any]


@pytest.fixture
def items(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "exam.jsonl", questions(4))


def test_an_unknown_model_names_those_there_are(medosce: Command, items: Path) -> None:
    medosce("run", items, "-m", "gpt4").refused("unknown model 'gpt4'", "openai:MODEL", "baseline:random")
    medosce("run", items, "-m", "baseline:best").refused("random, first, longest, majority")
    medosce("run", items, "-m", "openai:").refused("OPENAI_API_KEY")


def test_a_missing_key_names_its_variable(medosce: Command, items: Path) -> None:
    medosce("run", items, "-m", "openai:gpt-4o").refused("openai:gpt-4o", "OPENAI_API_KEY")
    medosce("run", items, "-m", "qwen:qwen-max", "--dry-run").refused("DASHSCOPE_API_KEY")


def test_a_compatible_server_needs_its_address(medosce: Command, items: Path) -> None:
    medosce("run", items, "-m", "compat:m").refused("--base-url", "http://127.0.0.1")
    medosce("run", items, "-m", "compat:m", "--base-url", "localhost:8000").refused("not an http address")


def test_a_dead_endpoint_is_said_soon_and_in_one_line(medosce: Command, items: Path) -> None:
    with serving_in_thread() as server:
        url = server.url
    ended = medosce("run", items, "-m", "compat:m", "--base-url", url + "/v1", "--no-cache", "--quiet")
    ended.refused("compat:m", "127.0.0.1", "ready for the same command")


@pytest.mark.parametrize(("code", "words"), [(401, "key was refused"), (404, "no such model"), (402, "balance")])
def test_an_endpoint_that_refuses_for_good_is_named(medosce: Command, items: Path, code: int, words: str) -> None:
    with serving_in_thread(lambda _: status(code)) as server:
        medosce("run", items, "-m", "compat:m", "--base-url", server.url + "/v1", "--no-cache", "-q").refused(words)
        assert len(server.requests) <= 4


def test_a_faulty_item_is_named_by_file_line_and_field(medosce: Command, items: Path, tmp_path: Path) -> None:
    write_rows(items, [*questions(3), question("bad", "E")])
    before = tree(tmp_path)
    medosce("run", items, "-m", "baseline:first").refused(f"{items}:4: answer: 'E' is not among the options A, B, C, D")
    items.write_bytes(items.read_bytes() + b"{\n")
    write_rows(items, questions(2))
    items.write_bytes(items.read_bytes() + b'{"id": "x",\n')
    medosce("run", items, "-m", "baseline:first").refused(f"{items}:3: not valid JSON")
    assert tree(tmp_path).keys() == before.keys()


def test_validation_lists_every_fault_and_ends_with_2(medosce: Command, items: Path) -> None:
    write_rows(items, [question("q", "E"), question("q"), {"id": 5}])
    ended = medosce("data", "validate", items)
    assert ended.code == 2
    lines = ended.out.splitlines()
    assert lines[0].startswith(f"{items}:1: answer:") and lines[1].startswith(f"{items}:2: id:")
    assert len(lines) > 4
    assert medosce("data", "validate", items, "--json").json["rows"] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.jsonl"], ["'nowhere.jsonl'", "ethics-safety"]),
        (["{items}", "--orders", "0"], ["--orders", "1 to 1000"]),
        (["{items}", "--limit", "0"], ["--limit"]),
        (["{items}", "--stratify", "mood"], ["--stratify", "dimension"]),
        (["{items}", "--language", "zh"], ["--language", "no item"]),
        (["{items}", "--prompt", "nice"], ["--prompt", "letter"]),
        (["{items}", "--out", "exam.jsonl"], ["exam.jsonl", "is a file"]),
        (["{items}", "--out", "/proc/medosce/x"], ["cannot be written"]),
        (["{items}", "--config", "none.toml"], ["none.toml", "no such file"]),
    ],
)
def test_options_that_cannot_be_are_refused(medosce: Command, items: Path, arguments: list[str], words: list[str]) -> None:
    medosce("run", *(argument.format(items=items) for argument in arguments), "-m", "baseline:first").refused(*words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"], ["run", "x"], ["nonsense"], ["run", "x", "-m", "y", "--orders", "many"], ["run", "x", "-m", "y", "-c", "0"],
        ["run", "x", "-m", "y", "--budget", "-1"], ["run", "x", "-m", "y", "--method", "guess"], ["compare"], ["report"],
        ["export", "x", "--format", "xls"], ["data", "import", "nothing", "x"], ["cache", "nothing"], ["run", "x", "--unknown"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_ends_with_2_and_shows_usage(medosce: Command, arguments: list[str]) -> None:
    ended = medosce(*arguments)
    assert ended.code == 2 and ended.out == ""
    assert "Usage:" in ended.err and "Traceback" not in ended.err


@pytest.mark.parametrize("command", [["report"], ["rescore"], ["compare"], ["export", "--format", "csv"]], ids=" ".join)
def test_a_folder_without_a_run_is_refused_by_every_command(medosce: Command, tmp_path: Path, command: list[str]) -> None:
    medosce(command[0], tmp_path, *command[1:]).refused("no run here")
    medosce(command[0], tmp_path / "absent", *command[1:]).refused("no run here")


def test_a_comparison_needs_two_runs_of_one_suite(medosce: Command, items: Path, tmp_path: Path) -> None:
    medosce("run", items, "-m", "baseline:first", "--out", "a", "-q")
    medosce("compare", "a").refused("at least two runs")
    other = write_rows(tmp_path / "other.jsonl", questions(4))
    medosce("run", other, "-m", "baseline:first", "--out", "b", "-q")
    medosce("compare", "a", "b").refused("different suites: exam, other")
    medosce("compare", "a", "a").refused("at least two runs")
    medosce("run", items, "-m", "baseline:longest", "--out", "c", "-q")
    medosce("compare", "a", "c", "--seed", -1).refused("--seed")


def test_a_run_that_was_not_marked_is_told_to_be(medosce: Command, items: Path) -> None:
    medosce("run", items, "-m", "baseline:first", "--out", "a", "--no-report", "-q")
    for name in ("scores.jsonl", "summary.json"):
        Path("a", name).unlink()
    for command in (["report", "a"], ["export", "a", "--format", "csv"]):
        medosce(*command).refused("not scored yet", "medosce rescore a")
    assert medosce("rescore", "a").code == 0
    assert medosce("report", "a").code == 0


def test_a_folder_with_another_run_is_refused_and_fresh_replaces_it(medosce: Command, items: Path) -> None:
    medosce("run", items, "-m", "baseline:first", "--out", "a", "-q")
    medosce("run", items, "-m", "baseline:longest", "--out", "a", "-q").refused("baseline:first there, baseline:longest wanted", "--fresh")
    assert medosce("run", items, "-m", "baseline:longest", "--out", "a", "-q", "--fresh").code == 0
    assert json.loads(Path("a/summary.json").read_bytes())["model"] == "baseline:longest"


def test_a_budget_needs_a_price(medosce: Command, items: Path) -> None:
    with serving_in_thread() as server:
        medosce("run", items, "-m", "compat:m", "--base-url", server.url + "/v1", "--budget", 1).refused("price", "medosce.toml")
        assert not server.requests


def test_a_cache_that_is_no_cache_is_refused_with_the_way_round(medosce: Command, items: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bad.sqlite").write_text("this is no database, whatever its name may say" * 50)
    monkeypatch.setenv("MEDOSCE_CACHE", "bad.sqlite")
    with serving_in_thread() as server:
        medosce("run", items, "-m", "compat:m", "--base-url", server.url + "/v1", "-q").refused("bad.sqlite", "--no-cache")
    medosce("cache", "info").refused("bad.sqlite")


def test_an_output_that_cannot_be_written_is_one_line(medosce: Command, items: Path) -> None:
    medosce("run", items, "-m", "baseline:first", "--out", "a", "-q")
    medosce("run", items, "-m", "baseline:longest", "--out", "b", "-q")
    medosce("report", "a", "-o", "exam.jsonl/report.html").refused("exam.jsonl")
    medosce("export", "a", "--format", "csv", "-o", "exam.jsonl/rows.csv").refused("exam.jsonl")
    medosce("compare", "a", "b", "--resamples", 100, "-o", "exam.jsonl/c.json").refused("exam.jsonl")


def test_a_refusal_in_chinese_surroundings_is_one_line_too(process: Command, items: Path) -> None:
    ended = process("run", items, "-m", "gpt4", MEDOSCE_LANG="zh")
    ended.refused("gpt4")
