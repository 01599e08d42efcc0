"""A real run, killed in the middle and started again: nothing recorded is asked twice, and no key is written anywhere."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from loopback import Answer, Request, Server, reply, serving_in_thread, status

KEY = "sk-secret-0123456789abcdef"
ITEMS = 300


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with an items file."""
    rows = [
        {"id": f"q{n}", "kind": "single_choice", "language": "en", "question": f"Case number {n:03}: what next?",
         "options": {"A": "Stop", "B": "Go on", "C": "Wait"}, "answer": "C"}
        for n in range(ITEMS)
    ]  # fmt: skip
    (tmp_path / "exam.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path


def start(folder: Path, server: Server, *more: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ, "MEDOSCE_COMPAT_API_KEY": KEY, "MEDOSCE_CACHE": str(folder / "cache" / "responses.sqlite"), "HOME": str(folder),
    }  # fmt: skip
    for name in ("http_proxy", "HTTP_PROXY", "MEDOSCE_CONFIG", "XDG_CACHE_HOME"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "medosce.cli.main", "run", "exam.jsonl", "--model", "compat:m", "--base-url", f"{server.url}/v1",
               "--out", "out", "--no-report", "--quiet", *more]  # fmt: skip
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, errors = process.communicate(timeout=60)
    return process.returncode, out + errors


def recorded(folder: Path) -> list[int]:
    """The rows that the journal holds an answer to; a torn last line does not count."""
    path = folder / "out" / "responses.jsonl"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    rows = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return [row["row"] for row in rows if "error" not in row]


def row_of(request: Request) -> int:
    """The row a request is about, read off its question."""
    return int(request.body.decode().partition("Case number ")[2][:3])


@pytest.mark.parametrize("signal_sent", [signal.SIGKILL, signal.SIGINT])
def test_a_run_ended_in_the_middle_goes_on_where_it_was(folder: Path, signal_sent: signal.Signals) -> None:
    with serving_in_thread(lambda request: reply(request, "C", delay=0.02)) as server:
        process = start(folder, server, "--no-cache", "--concurrency", "4")
        deadline = time.monotonic() + 30
        while len(recorded(folder)) < 40 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal_sent)
        code, text = finish(process)
        before, asked_before = recorded(folder), len(server.requests)
        assert 40 <= len(before) < ITEMS
        if signal_sent == signal.SIGINT:
            assert code == 130
            assert "Traceback" not in text
        else:
            assert code == -signal.SIGKILL
        code, text = finish(start(folder, server, "--no-cache"))
        assert code == 0, text
        asked_after = Counter(row_of(request) for request in server.requests[asked_before:])
    assert not asked_after.keys() & set(before), "no recorded answer is asked for again"
    assert asked_after.keys() == set(range(ITEMS)) - set(before)
    assert max(asked_after.values()) == 1
    assert sorted(recorded(folder)) == list(range(ITEMS))
    summary = json.loads((folder / "out" / "summary.json").read_bytes())
    assert (summary["outcomes"], summary["metrics"]["accuracy"]["value"]) == ({"answered": ITEMS}, 1.0)


def test_two_commands_on_one_run_folder_do_not_mix(folder: Path) -> None:
    with serving_in_thread(lambda request: reply(request, delay=0.05)) as server:
        first = start(folder, server, "--no-cache", "--concurrency", "8")
        deadline = time.monotonic() + 30
        while not recorded(folder) and time.monotonic() < deadline:
            time.sleep(0.01)
        code, text = finish(start(folder, server, "--no-cache"))
        assert code == 2
        assert "in use by another process" in text and str(first.pid) in text and "Traceback" not in text
        assert finish(first)[0] == 0
        assert len(server.requests) == ITEMS
    assert sorted(recorded(folder)) == list(range(ITEMS))


def everything_written(folder: Path) -> bytes:
    """All bytes of all files below a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_key_is_sent_and_written_nowhere(folder: Path) -> None:
    def echoing(request: Request) -> Answer:
        # An endpoint that quotes the key in errors and answers, as debugging gateways do.
        return (
            status(400, f"rejected for {KEY}")
            if row_of(request) % 3 == 0
            else reply(request, f"C {request.headers['authorization']}")
        )

    with serving_in_thread(echoing) as server:
        code, text = finish(start(folder, server))
        assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
    assert code == 3, text
    assert (folder / "cache" / "responses.sqlite").exists()
    written = everything_written(folder)
    assert b"[key]" in written
    assert KEY.encode() not in written
    assert KEY not in text


def test_a_refused_key_is_said_in_one_line_and_not_repeated(folder: Path) -> None:
    with serving_in_thread(lambda _: status(401, f"Incorrect API key provided: {KEY}")) as server:
        code, text = finish(start(folder, server))
        assert len(server.requests) < 20
    assert code == 2
    assert text.count("\n") == 1 and "the key was refused" in text
    assert KEY not in text
    assert KEY.encode() not in everything_written(folder)
