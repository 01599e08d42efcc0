"""`medosce run` and the commands over its results, from the shell: output, exit codes, interrupts."""

import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exam import question, questions, read_scores, recorded, tree, write_rows

from loopback import reply, serving_in_thread, status

Command = Callable[..., Any]


@pytest.fixture
def items(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "exam.jsonl", questions(8, dimension="E1"))


def test_a_run_prints_its_figures_where_its_report_is_and_ends_with_0(medosce: Command, items: Path) -> None:
    ended = medosce("run", items, "-m", "baseline:first", "-m", "baseline:longest")
    assert ended.code == 0, ended
    assert "baseline:first" in ended.out and "25.0" in ended.out
    page = Path(ended.out.rsplit("Report: ", 1)[1].strip())
    assert page.is_file() and page.name == "report.html"


def test_json_is_one_object_and_nothing_else(medosce: Command, items: Path) -> None:
    ended = medosce("run", items, "-m", "baseline:first", "-m", "baseline:longest", "--json")
    assert ended.err == ""
    first, second = ended.json["runs"]
    assert first["summary"] == json.loads((Path(first["folder"]) / "summary.json").read_bytes())
    assert (first["unresolved"], first["stopped"], first["resumed"]) == (0, None, False)
    assert len(ended.json["reports"]) == 3 and all(Path(path).is_file() for path in ended.json["reports"])
    assert second["summary"]["model"] == "baseline:longest"


def test_every_command_with_json_prints_one_object(medosce: Command, items: Path, tmp_path: Path) -> None:
    runs = [run["folder"] for run in medosce("run", items, "-m", "baseline:first", "-m", "baseline:random", "--json").json["runs"]]
    assert medosce("compare", *runs, "--resamples", 200, "--json").json["format"] == 1
    assert medosce("rescore", runs[0], "--json").json["format"] == 1
    assert Path(medosce("report", *runs, "-o", "all.html", "--json").json["report"]).is_file()
    assert Path(medosce("export", runs[0], "--format", "csv", "--json").json["path"]).is_file()
    assert medosce("run", items, "-m", "baseline:first", "--dry-run", "--json").json["plans"][0]["requests"] == 0
    assert {suite["name"] for suite in medosce("suites", "--json").json["suites"]} >= {"ethics-safety"}
    assert len(medosce("models", "--json").json["models"]) > 5
    assert medosce("cache", "info", "--json").json["bytes"] == 0
    assert medosce("cache", "clear", "--json").json == {"removed": 0}
    assert medosce("extraction", "--json").json["corpus"] > 100
    assert medosce("data", "validate", items, "--json").json["faults"] == []
    assert medosce("data", "stats", items, "--json").json["items"] == 8


def test_rows_left_unresolved_end_with_3_and_say_what_to_do(medosce: Command, items: Path, tmp_path: Path) -> None:
    spec = recorded(tmp_path / "half.jsonl", {f"q{number}": "A" for number in range(4)})
    ended = medosce("run", items, "-m", spec)
    assert ended.code == 3
    assert "unresolved rows: 4 in runs/exam/" in ended.err and "the replay file holds no reply" in ended.err
    assert medosce("run", items, "-m", spec, "--json").code == 3


def test_a_dry_run_asks_nobody_and_touches_nothing(medosce: Command, items: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    with serving_in_thread() as server:
        shown = medosce("run", items, "-m", "compat:m", "--base-url", server.url + "/v1", "--orders", 4, "--dry-run", "--json")
        told = medosce("run", items, "-m", "compat:m", "--base-url", server.url + "/v1", "--orders", 4, "--dry-run")
        assert not server.requests
    assert tree(tmp_path) == before
    [plan] = shown.json["plans"]
    assert (plan["planned"], plan["requests"], plan["items"], plan["groups"]) == (32, 32, 8, 8)
    assert plan["cost"] is None and plan["seconds"] > 0 and 0 < plan["half_width"] < 0.5
    assert told.code == 0 and "32" in told.out


def test_a_dry_run_counts_what_is_left_and_with_fresh_everything(medosce: Command, items: Path, tmp_path: Path) -> None:
    spec = recorded(tmp_path / "half.jsonl", {f"q{number}": "A" for number in range(3)})
    medosce("run", items, "-m", spec)
    assert medosce("run", items, "-m", spec, "--dry-run", "--json").json["plans"][0]["requests"] == 5
    assert medosce("run", items, "-m", spec, "--dry-run", "--fresh", "--json").json["plans"][0]["requests"] == 8


def test_a_dry_run_of_one_item_is_shown(medosce: Command, tmp_path: Path) -> None:
    one = write_rows(tmp_path / "one.jsonl", [question("q")])
    assert medosce("run", one, "-m", "baseline:first", "--dry-run").code == 0
    assert medosce("run", one, "-m", "baseline:first").code == 0


def test_compare_says_who_is_better_and_writes_what_it_is_told(medosce: Command, items: Path) -> None:
    runs = [run["folder"] for run in medosce("run", items, "-m", "baseline:first", "-m", "baseline:random", "--json").json["runs"]]
    ended = medosce("compare", *runs, "--resamples", 200, "-o", "c.json", "--html", "c.html")
    assert ended.code == 0 and "baseline:first: rank" in ended.out
    assert json.loads(Path("c.json").read_bytes())["format"] == 1
    assert Path("c.html").is_file()


def test_rescore_says_that_nothing_was_asked_by_changing_nothing(medosce: Command, items: Path) -> None:
    [run] = medosce("run", items, "-m", "baseline:random", "--json").json["runs"]
    before = (Path(run["folder"]) / "scores.jsonl").read_bytes()
    assert medosce("rescore", run["folder"]).code == 0
    assert (Path(run["folder"]) / "scores.jsonl").read_bytes() == before
    (Path(run["folder"]) / "summary.json").write_text("{}")
    assert medosce("rescore", run["folder"]).code == 0


def test_a_medbench_submission_holds_the_answers_and_leaves_the_rest_blank(medosce: Command, tmp_path: Path) -> None:
    from medosce.suites.importers.medbench import render_official

    package = tmp_path / "package"
    package.mkdir()
    options = {"A": "甲", "B": "乙"}
    rows = [{"question": render_official(f"题{n}", options), "answer": "", "other": {"id": n, "source": "x"}} for n in range(1, 4)]
    write_rows(package / "MedEthics.jsonl", rows)
    assert medosce("data", "import", "medbench", package, "-o", "m.jsonl").code == 0
    spec = recorded(tmp_path / "r.jsonl", {"MedEthics-1.0": "A", "MedEthics-3.0": "B"})
    [run] = medosce("run", "m.jsonl", "-m", spec, "--blank-answers", "--prompt", "medbench", "--json").json["runs"]
    assert [row.get("answer") for row in read_scores(Path(run["folder"]))] == ["A", None, "B"]
    medosce("export", run["folder"], "--format", "medbench").refused("--package")
    ended = medosce("export", run["folder"], "--format", "medbench", "--package", package, "-o", "s.zip", "--json")
    assert ended.json["filled"] == {"MedEthics": 2}
    with zipfile.ZipFile("s.zip") as archive:
        [name] = [name for name in archive.namelist() if name.endswith("MedEthics.jsonl")]
        answers = [json.loads(line)["answer"] for line in archive.read(name).decode().splitlines()]
    assert answers == ["<A>", "", "<B>"]


def test_clearing_the_cache_asks_first_and_on_standard_error(process: Command, items: Path, tmp_path: Path) -> None:
    with serving_in_thread() as server:
        process("run", items, "-m", "compat:m", "--base-url", server.url + "/v1", "--no-report")
    assert process("cache", "info", "--json").json["replies"] == {"compat:m": 8}
    refused = process("cache", "clear", "--json")
    assert (refused.code, refused.out) == (2, "") and "--yes" in refused.err and "Traceback" not in refused.err
    assert process("cache", "clear", "--model", "other", "--yes", "--json").json == {"removed": 0}
    assert process("cache", "clear", "--yes", "--json").json == {"removed": 8}


def test_an_interrupt_ends_with_130_and_the_same_command_completes(items: Path, process: Command, tmp_path: Path) -> None:
    write_rows(items, questions(30))
    with serving_in_thread(lambda request: reply(request, delay=0.2)) as server:
        command = ["run", str(items), "-m", "compat:m", "--base-url", server.url + "/v1", "-c", "2", "--no-cache", "--out", "run"]
        running = subprocess.Popen(
            [sys.executable, "-m", "medosce.cli.main", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        journal, deadline = tmp_path / "run" / "responses.jsonl", time.monotonic() + 20
        while not (journal.exists() and len(journal.read_bytes().splitlines()) >= 4):
            assert time.monotonic() < deadline and running.poll() is None, running.communicate()
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
        assert running.returncode == 130, (out, err)
        assert "run the same command" in err and "Traceback" not in err
        assert not (tmp_path / "run" / "summary.json").exists()
        kept = len(journal.read_bytes().splitlines())
        assert 4 <= kept < 30
        server.script, server.requests = reply, []
        done = process(*command, "--json")
        assert done.code == 0, done
        assert len(server.requests) == 30 - kept
    [run] = done.json["runs"]
    assert run["resumed"] and run["summary"]["outcomes"] == {"answered": 30}
    # Two at a time, 0.2 s each: the interrupted session's time counts too.
    assert run["summary"]["wall_seconds"] >= 0.2 * (kept // 2)


def test_rows_that_failed_are_asked_again_by_the_same_command(process: Command, items: Path) -> None:
    with serving_in_thread(lambda request: status(400) if b"case q3?" in request.body else reply(request)) as server:
        command = ["run", items, "-m", "compat:m", "--base-url", server.url + "/v1", "--no-cache", "--no-report", "--json"]
        first = process(*command)
        assert first.code == 3 and first.json["runs"][0]["summary"]["outcomes"]["provider_error"] == 1
        server.script, server.requests = reply, []
        second = process(*command)
        assert (second.code, len(server.requests)) == (0, 1)
