"""A run cut short goes on where it stopped; a folder is one run's, and one process's at a time."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from exam import question, questions, read_scores, recorded, tree, write_rows

import medosce
from loopback import Answer, Request, reply, serving_in_thread, status
from medosce.engine.journal import FolderLock
from medosce.runner.execute import RunResult
from medosce.runner.folder import RunFolder
from medosce.schema.errors import InputError, MedOSCEError


@pytest.fixture
def items(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "exam.jsonl", questions(12))


def asked_for(request: Request) -> str:
    """The id of the question in a request."""
    return str(request.json["messages"][-1]["content"]).split("case ")[1].split("?")[0]


def refusing(*ids: str) -> Any:
    return lambda request: status(400, "mock refusal") if asked_for(request) in ids else reply(request)


def sit(items: Path, url: str, **options: Any) -> RunResult:
    [result] = medosce.run(items, "compat:m", base_url=url + "/v1", **{"cache": False, **options})
    return result


def test_a_rerun_asks_only_the_rows_that_failed(items: Path) -> None:
    half = [f"q{number}" for number in range(0, 12, 2)]
    with serving_in_thread(refusing(*half)) as server:
        first = sit(items, server.url)
        assert first.summary["outcomes"] == {"answered": 6, "provider_error": 6}
        assert (first.unresolved, first.resumed) == (6, False)
        server.script, server.requests = reply, []
        second = sit(items, server.url)
        assert sorted(map(asked_for, server.requests)) == sorted(half)
        assert second.summary["outcomes"] == {"answered": 12}
        assert (second.unresolved, second.resumed, second.folder.path) == (0, True, first.folder.path)
        assert second.summary["usage"]["requests"] == 18
        third = sit(items, server.url)
        assert len(server.requests) == 6
    assert third.summary == second.summary
    assert len(read_scores(second.folder)) == 12
    assert second.summary["wall_seconds"] >= first.summary["wall_seconds"] > 0


def test_a_finished_run_is_not_asked_marked_or_written_again(items: Path) -> None:
    [first] = medosce.run(items, "baseline:random")
    before = tree(first.folder.path)
    [second] = medosce.run(items, "baseline:random")
    assert (second.resumed, second.summary) == (True, first.summary)
    assert tree(first.folder.path) == before


def test_a_killed_session_never_leaves_the_summary_of_an_earlier_one(items: Path) -> None:
    with serving_in_thread(refusing("q3")) as server:
        first = sit(items, server.url)
        path = first.folder.path
        stale = (path / "summary.json").read_bytes(), (path / "scores.jsonl").read_bytes()
        seen: list[str] = []

        def during(request: Request) -> Answer:
            seen.extend(name for name in ("summary.json", "scores.jsonl") if (path / name).exists())
            return reply(request)

        server.script = during
        second = sit(items, server.url)
    # While rows are asked there is no summary, so whatever kills the process leaves none that the journal contradicts.
    assert not seen
    assert (path / "summary.json").read_bytes() != stale[0]
    assert second.summary["outcomes"] == {"answered": 12}


def test_a_journal_that_is_complete_but_unmarked_is_marked_without_asking(items: Path) -> None:
    [first] = medosce.run(items, "baseline:random")
    scores = (first.folder.path / "scores.jsonl").read_bytes()
    for name in ("scores.jsonl", "summary.json"):
        (first.folder.path / name).unlink()
    [second] = medosce.run(items, "baseline:random")
    assert second.summary == first.summary
    assert (first.folder.path / "scores.jsonl").read_bytes() == scores


def test_a_torn_last_line_costs_one_question(items: Path) -> None:
    with serving_in_thread() as server:
        first = sit(items, server.url)
        journal = first.folder.path / "responses.jsonl"
        journal.write_bytes(journal.read_bytes()[:-20])
        second = sit(items, server.url)
        assert len(server.requests) == 13
    assert second.summary["outcomes"] == {"answered": 12}
    assert len(journal.read_bytes().splitlines()) == 12


@pytest.mark.parametrize("share", [0.0, 0.013, 0.25, 0.5, 0.77, 0.999])
def test_wherever_a_journal_is_cut_the_rerun_ends_as_if_it_never_was(items: Path, share: float) -> None:
    with serving_in_thread(lambda request: reply(request, "ABCD"[int(asked_for(request)[1:]) % 3])) as server:
        whole = sit(items, server.url, orders=2)
        path = whole.folder.path
        expected = (path / "scores.jsonl").read_bytes(), whole.summary["metrics"]
        journal = (path / "responses.jsonl").read_bytes()
        kept = journal[: int(len(journal) * share)]
        (path / "responses.jsonl").write_bytes(kept)
        server.requests = []
        again = sit(items, server.url, orders=2)
        assert len(server.requests) == 24 - kept.count(b"\n")
    assert ((path / "scores.jsonl").read_bytes(), again.summary["metrics"]) == expected
    assert again.summary["usage"]["requests"] == 24


def test_replayed_rows_that_are_not_recorded_stay_not_asked(items: Path, tmp_path: Path) -> None:
    spec = recorded(tmp_path / "half.jsonl", {f"q{number}": "A" for number in range(6)})
    [first] = medosce.run(items, spec)
    assert first.summary["outcomes"] == {"answered": 6, "not_asked": 6}
    [second] = medosce.run(items, spec)
    assert second.summary["outcomes"] == first.summary["outcomes"]
    assert len((first.folder.path / "responses.jsonl").read_bytes().splitlines()) == 6


def test_the_cache_spares_a_second_run_its_requests(items: Path, tmp_path: Path) -> None:
    with serving_in_thread() as server:
        first = sit(items, server.url, cache=True, out=tmp_path / "a")
        second = sit(items, server.url, cache=True, out=tmp_path / "b")
        again = sit(items, server.url, cache=False, out=tmp_path / "b")
        assert len(server.requests) == 12
    assert again.summary == second.summary
    assert second.summary["usage"]["cached"] == 12
    assert second.summary["metrics"] == first.summary["metrics"]


# --- the address of a run ---


def digest_of(items: Path, model: str = "baseline:random", **options: Any) -> str:
    return str(medosce.run(items, model, **options)[0].summary["run_digest"])


def test_what_cannot_change_an_answer_is_no_part_of_the_address(items: Path, tmp_path: Path) -> None:
    here = digest_of(items)
    elsewhere = tmp_path / "other place"
    elsewhere.mkdir()
    moved = Path(items.rename(elsewhere / items.name))
    assert digest_of(moved, budget=5.0, concurrency=3, timeout=7.0, cache=False, out=tmp_path / "out") == here
    assert digest_of(moved, fresh=True) == here


@pytest.mark.parametrize("options", [{"seed": 1}, {"orders": 2}, {"repeats": 2}, {"limit": 3}, {"prompt": "reasoned"}, {"language": "en"}])
def test_what_changes_the_questions_changes_the_address(items: Path, options: dict[str, Any]) -> None:
    assert digest_of(items, **options) != digest_of(items)


def test_model_temperature_and_items_change_the_address(items: Path) -> None:
    with serving_in_thread() as server:
        plain = sit(items, server.url)
        warm = sit(items, server.url, temperature=0.7)
    assert plain.summary["run_digest"] != warm.summary["run_digest"]
    before = digest_of(items)
    assert digest_of(items, "baseline:first") != before
    write_rows(items, [*questions(11), question("q11", "A")])
    assert digest_of(items) != before


def test_a_run_lives_under_suite_model_and_digest(items: Path) -> None:
    [result] = medosce.run(items, "baseline:random")
    assert result.folder.path == Path(f"runs/exam/baseline-random-{result.summary['run_digest'][:12]}")


def test_a_suite_with_a_chinese_name_keeps_it_and_a_long_name_is_cut(tmp_path: Path) -> None:
    [chinese] = medosce.run(write_rows(tmp_path / "医学伦理 一.jsonl", questions(1)), "baseline:first")
    assert chinese.folder.path.parent == Path("runs/医学伦理-一")
    [long] = medosce.run(write_rows(tmp_path / f"{'𠮷' * 60}.jsonl", questions(1)), "baseline:first")
    assert len(long.folder.path.parent.name.encode()) <= 200
    [odd] = medosce.run(write_rows(tmp_path / "….jsonl", questions(1)), "baseline:first")
    assert odd.folder.path.parent == Path("runs/run")


def test_one_model_takes_the_out_folder_itself_and_several_take_one_each_below_it(items: Path, tmp_path: Path) -> None:
    [alone] = medosce.run(items, "baseline:first", out=tmp_path / "one")
    assert alone.folder.path == tmp_path / "one"
    both = medosce.run(items, ["baseline:first", "baseline:longest"], out=tmp_path / "both")
    assert [result.folder.path.parent for result in both] == [tmp_path / "both"] * 2
    assert [result.folder.path.name[:-13] for result in both] == ["baseline-first", "baseline-longest"]


# --- whose folder it is ---


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"orders": 2}, "orders 1 there, 2 wanted"),
        ({"seed": 4}, "seed 0 there, 4 wanted"),
        ({"prompt": "reasoned"}, "'letter' there, 'reasoned' wanted"),
    ],
)
def test_a_folder_with_another_run_is_refused_by_what_differs(items: Path, tmp_path: Path, options: dict[str, Any], words: str) -> None:
    medosce.run(items, "baseline:first", out=tmp_path / "run")
    before = tree(tmp_path / "run")
    with pytest.raises(InputError, match="holds another run") as caught:
        medosce.run(items, "baseline:first", out=tmp_path / "run", **options)
    assert words in str(caught.value) and "--fresh" in caught.value.mend
    assert tree(tmp_path / "run") == before


def test_another_model_and_another_suite_are_named(items: Path, tmp_path: Path) -> None:
    medosce.run(items, "baseline:first", out=tmp_path / "run")
    with pytest.raises(InputError, match="model baseline:first there, baseline:longest wanted"):
        medosce.run(items, "baseline:longest", out=tmp_path / "run")
    write_rows(items, questions(3))
    with pytest.raises(InputError, match=r"suite exam .* there, exam .* wanted"):
        medosce.run(items, "baseline:first", out=tmp_path / "run")


def test_fresh_replaces_the_run_and_leaves_other_files_alone(items: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    medosce.run(items, "baseline:first", out=out)
    (out / "notes.txt").write_text("mine")
    (out / "report.html").write_text("old")
    [result] = medosce.run(items, "baseline:longest", out=out, fresh=True)
    assert result.summary["model"] == "baseline:longest" and not result.resumed
    assert result.summary["outcomes"] == {"answered": 12}
    assert (out / "notes.txt").read_text() == "mine"
    assert not (out / "report.html").exists()


@pytest.mark.parametrize("fresh", [False, True])
def test_the_users_own_items_file_is_never_overwritten(tmp_path: Path, fresh: bool) -> None:
    # The items file has the name that a run folder gives its own copy.
    own = write_rows(tmp_path / "items.jsonl", questions(8))
    (tmp_path / "report.html").write_text("mine")
    before = own.read_bytes()
    with pytest.raises(InputError, match=r"holds items\.jsonl, report\.html but no run\.json"):
        medosce.run(own, "baseline:first", limit=2, out=tmp_path, fresh=fresh)
    assert own.read_bytes() == before
    assert (tmp_path / "report.html").read_text() == "mine"


def test_a_run_of_its_own_copy_of_the_items_survives_fresh(items: Path, tmp_path: Path) -> None:
    out = tmp_path / "items"
    medosce.run(items, "baseline:first", out=out)
    [result] = medosce.run(out / "items.jsonl", "baseline:first", out=out, fresh=True)
    assert result.summary["items"] == 12


def test_a_folder_whose_making_was_cut_short_is_made_again(items: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    [first] = medosce.run(items, "baseline:first", out=out)
    (out / "items.jsonl").unlink()
    [second] = medosce.run(items, "baseline:first", out=out)
    assert second.summary["metrics"] == first.summary["metrics"]


def test_somebody_elses_run_json_is_not_taken_for_a_run(items: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "run.json").write_text('{"speed": 12}')
    for fresh in (False, True):
        with pytest.raises(InputError, match="not a run manifest"):
            medosce.run(items, "baseline:first", out=out, fresh=fresh)
    assert (out / "run.json").read_text() == '{"speed": 12}'


def test_a_second_process_is_refused_while_the_first_runs(items: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    medosce.run(items, "baseline:first", out=out)
    code = (
        "import time\nfrom pathlib import Path\nfrom medosce.engine.journal import FolderLock\n"
        f"with FolderLock(Path({str(out)!r})):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        try:
            with pytest.raises(MedOSCEError, match=f"in use by another process .*{holder.pid}"):
                medosce.run(items, "baseline:first", out=out)
        finally:
            holder.send_signal(signal.SIGKILL)
    # A lock dies with its process, even one that was killed.
    assert medosce.run(items, "baseline:first", out=out)[0].resumed
    with FolderLock(out):
        pass


def test_a_file_in_place_of_the_folder_is_refused(items: Path, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        medosce.run(items, "baseline:first", out=tmp_path / "run")
    with pytest.raises(InputError, match="cannot be written"):
        medosce.run(items, "baseline:first", out=tmp_path / "run" / "below")


def test_a_place_that_cannot_be_written_is_refused(items: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        medosce.run(items, "baseline:first", out="/proc/medosce/run")


def test_a_read_only_folder_is_refused(items: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    try:
        (locked / "probe").touch()
    except PermissionError:
        with pytest.raises(InputError, match="cannot be written"):
            medosce.run(items, "baseline:first", out=locked)
    else:
        pytest.skip("this user may write anywhere")
    finally:
        locked.chmod(0o755)


def test_the_manifest_says_what_was_planned_and_no_secret(items: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDOSCE_COMPAT_API_KEY", "sk-very-secret-0123456789")
    with serving_in_thread() as server:
        result = sit(items, server.url, orders=2, cache=True)
        assert {request.headers["authorization"] for request in server.requests} == {"Bearer sk-very-secret-0123456789"}
    manifest = json.loads((result.folder.path / "run.json").read_bytes())
    assert (manifest["format"], manifest["items"], manifest["planned"]) == (1, 12, 24)
    assert manifest["settings"]["orders"] == 2 and manifest["settings"]["temperature"] == 0.0
    assert manifest["prompt"]["templates"]["en"]["user"] == "{question}\n{options}"
    everything = b"".join([*tree(result.folder.path).values(), *tree(Path("cache")).values()])
    assert b"sk-very-secret" not in everything


def test_a_run_reads_its_own_wording_even_where_the_package_has_changed(items: Path) -> None:
    [result] = medosce.run(items, "baseline:first")
    path = result.folder.path / "run.json"
    path.write_bytes(path.read_bytes().replace(b"Choose the single best option.", b"Choose well."))
    rows = list(RunFolder.open(result.folder.path).rows())
    assert "Choose well." in rows[0].messages[0].content
    assert (rows[0].item.id, rows[0].score.answer, rows[0].response.text if rows[0].response else None) == ("q0", "A", "A")
