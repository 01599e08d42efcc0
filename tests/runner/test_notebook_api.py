"""`medosce.run`, `medosce.load_suite` and `medosce.compare` as a notebook meets them."""

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from exam import question, questions, tree, write_rows

import medosce
from loopback import reply, serving_in_thread, status
from medosce.engine.asking import Progress
from medosce.models.config import load_config
from medosce.runner.execute import RunResult
from medosce.runner.folder import RunFolder
from medosce.schema.errors import InputError
from medosce.schema.items import Item

PRICED = """
[models.{name}]
model = "{name}"
base_url = "{url}/v1"
max_tokens = 100
price = {{input = 1000.0, output = 1000.0, currency = "{currency}"}}
"""


@pytest.fixture
def items(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "exam.jsonl", questions(6))


def priced(tmp_path: Path, url: str, **currencies: str) -> Any:
    path = tmp_path / "lab.toml"
    path.write_text("".join(PRICED.format(name=name, url=url, currency=currency) for name, currency in currencies.items()))
    return load_config(path)


def test_the_package_offers_three_typed_and_documented_functions() -> None:
    assert set(medosce.__all__) == {"__version__", "run", "load_suite", "compare"}
    for name in ("run", "load_suite", "compare"):
        function = getattr(medosce, name)
        signature = inspect.signature(function)
        assert function.__doc__
        assert signature.return_annotation is not inspect.Signature.empty
        assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())
    with pytest.raises(AttributeError):
        medosce.nothing  # noqa: B018


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, medosce; print(sorted({'numpy', 'aiohttp', 'rich', 'msgspec', 'jinja2'} & sys.modules.keys()))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_a_suite_is_its_name_its_files_and_its_items(items: Path) -> None:
    suite = medosce.load_suite(items)
    assert (suite.name, suite.files) == ("exam", (items,))
    assert [item.id for item in suite] == [f"q{number}" for number in range(6)]
    assert all(isinstance(item, Item) for item in suite)


def test_one_or_several_models_give_a_result_each_in_the_order_named(items: Path) -> None:
    [alone] = medosce.run(items, "baseline:first")
    assert isinstance(alone, RunResult)
    several = medosce.run(medosce.load_suite(items), ["baseline:longest", "baseline:first", "baseline:majority"])
    assert [result.summary["model"] for result in several] == ["baseline:longest", "baseline:first", "baseline:majority"]
    assert [result.resumed for result in several] == [False, True, False]
    assert several[1].summary == alone.summary == RunFolder.open(alone.folder.path).summary


def test_baselines_answer_by_their_rule(tmp_path: Path) -> None:
    options = {"A": "short", "B": "by far the longest of them", "C": "mid-sized", "D": "x"}
    items = write_rows(tmp_path / "x.jsonl", [question(f"q{number}", "C" if number else "B", options=options) for number in range(4)])
    found = medosce.run(items, ["baseline:first", "baseline:longest", "baseline:majority"])
    assert [result.summary["metrics"]["accuracy"]["value"] for result in found] == [0.0, 0.25, 0.75]


def test_runs_are_compared_by_path_or_folder_alike(items: Path) -> None:
    first, second = medosce.run(items, ["baseline:first", "baseline:random"])
    found = medosce.compare([first.folder, second.folder], resamples=200)
    assert found == medosce.compare([str(first.folder.path), second.folder.path / "run.json"], resamples=200)
    assert [run["model"] for run in found["runs"]] == ["baseline:first", "baseline:random"]


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run here"):
        medosce.compare([tmp_path, tmp_path])


def test_a_model_named_twice_is_refused(items: Path) -> None:
    with pytest.raises(InputError, match="named twice"):
        medosce.run(items, ["baseline:first", "baseline:first"])


def test_a_faulty_item_is_refused_before_anything_is_written(items: Path, tmp_path: Path) -> None:
    write_rows(items, [*questions(3), question("bad", "Z")])
    before = tree(tmp_path)
    with pytest.raises(InputError, match=r"exam\.jsonl:4: answer: 'Z' is not among"):
        medosce.run(items, "baseline:first")
    assert tree(tmp_path) == before


def test_the_watch_is_told_the_progress_of_every_run(items: Path) -> None:
    seen: list[tuple[str, Progress]] = []

    @contextmanager
    def watch(plan: Any, model: Any) -> Iterator[Callable[[Progress], None]]:
        yield lambda progress: seen.append((model.spec, progress))

    medosce.run(items, ["baseline:first", "baseline:longest"], watch=watch)
    assert [(spec, progress.total, progress.done, progress.answered) for spec, progress in seen] == [
        ("baseline:first", 6, 6, 6), ("baseline:longest", 6, 6, 6),
    ]  # fmt: skip


def test_one_budget_is_for_all_models_of_the_command(items: Path, tmp_path: Path) -> None:
    # A reply costs 12 tokens at 0.001 each; a request reserves a token a byte and its 100 tokens of output.
    with serving_in_thread() as server:
        config = priced(tmp_path, server.url, one="USD", two="USD")
        medosce.run(items, "one", config=config, cache=False)
        reserve = (len(server.requests[0].body) + 100) / 1000
        server.requests = []
        # Room for all of the first model and for four requests of the second.
        room = 0.001 + 9 * 0.012 + reserve
        first, second = medosce.run(items, ["one", "two"], config=config, budget=room, concurrency=1, cache=False, fresh=True)
        assert first.summary["outcomes"] == {"answered": 6}
        assert first.summary["usage"]["cost"] == pytest.approx(6 * 0.012)
        assert second.stop is not None and "budget" in second.stop.reason
        assert second.summary["outcomes"] == {"answered": 4, "not_asked": 2}
        assert (second.unresolved, len(server.requests)) == (2, 10)
        [more] = medosce.run(items, "two", config=config, budget=5.0, cache=False)
        assert more.summary["outcomes"] == {"answered": 6}
        assert len(server.requests) == 12


def test_a_budget_without_a_price_is_refused_before_the_first_model_is_asked(items: Path, tmp_path: Path) -> None:
    with serving_in_thread() as server:
        config = priced(tmp_path, server.url, one="USD")
        with pytest.raises(InputError, match="a budget needs the price of compat:m"):
            medosce.run(items, ["one", "compat:m"], config=config, base_url=server.url + "/v1", budget=5.0)
        assert not server.requests


def test_a_budget_over_two_currencies_is_refused(items: Path, tmp_path: Path) -> None:
    with serving_in_thread() as server:
        config = priced(tmp_path, server.url, one="USD", two="CNY")
        with pytest.raises(InputError, match="CNY and USD"):
            medosce.run(items, ["one", "two"], config=config, budget=5.0)
        assert not server.requests


def test_the_price_is_kept_so_that_marking_again_knows_the_cost(items: Path, tmp_path: Path) -> None:
    from medosce.runner.execute import rescore

    with serving_in_thread() as server:
        [result] = medosce.run(items, "one", config=priced(tmp_path, server.url, one="CNY"), cache=False)
    again = rescore(RunFolder.open(result.folder.path))
    assert (again["usage"]["cost"], again["usage"]["currency"]) == (pytest.approx(0.072), "CNY")
    assert again == result.summary


def test_a_refused_key_stops_the_run_with_what_to_do_and_keeps_the_folder(items: Path) -> None:
    with serving_in_thread(lambda _: status(401, "bad key")) as server:
        with pytest.raises(InputError, match="the key was refused") as caught:
            medosce.run(items, "compat:m", base_url=server.url + "/v1", cache=False)
        assert "nothing was answered" in caught.value.mend
        server.script = reply
        [result] = medosce.run(items, "compat:m", base_url=server.url + "/v1", cache=False)
    assert result.summary["outcomes"] == {"answered": 6}
