"""The journal survives whatever cuts it off, belongs to one process, and says clearly when the disk refuses."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asks import ask_rows
from loopback import reply, serving
from medosce.engine.journal import FolderLock, Journal, read_journal, repair
from medosce.models.openai_chat import OpenAIChat
from medosce.schema.errors import InputError, MedOSCEError, UnresolvedError
from medosce.schema.records import ProviderFailure, Response, Usage

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
RESPONSES = st.builds(
    Response, row=st.integers(0, 10**6), item=TEXTS, text=st.one_of(st.none(), TEXTS), reasoning=st.one_of(st.none(), TEXTS),
    usage=st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
    faults=st.dictionaries(st.sampled_from(["429", "reset"]), st.integers(1, 3)),
    error=st.one_of(st.none(), st.builds(ProviderFailure, TEXTS, TEXTS)),
)  # fmt: skip


def write(path: Path, *responses: Response) -> None:
    async def scenario() -> None:
        async with Journal(path) as journal:
            for response in responses:
                journal.add(response)

    asyncio.run(scenario())


def rows_in(path: Path) -> list[Response]:
    return [response for _, response in read_journal(path)]


@settings(max_examples=30)
@given(st.lists(RESPONSES, max_size=12))
def test_what_is_written_is_read_back_in_order_one_a_line(
    tmp_path_factory: pytest.TempPathFactory, responses: list[Response]
) -> None:
    path = tmp_path_factory.mktemp("j") / "responses.jsonl"
    write(path, *responses)
    assert rows_in(path) == responses
    assert path.read_bytes().count(b"\n") == len(responses)
    content = path.read_bytes()
    for offset, response in read_journal(path):
        assert msgspec.json.decode(content[offset:].split(b"\n", 1)[0], type=Response) == response


@settings(max_examples=10)
@given(RESPONSES)
def test_a_last_line_torn_at_any_byte_costs_that_line_at_most(
    tmp_path_factory: pytest.TempPathFactory, last: Response
) -> None:
    path = tmp_path_factory.mktemp("j") / "responses.jsonl"
    first = Response(row=0, item="q0", text="A")
    write(path, first, last)
    content = path.read_bytes()
    start = content.index(b"\n") + 1
    after = Response(row=9, item="q9", text="B")
    line = msgspec.json.encode(after) + b"\n"
    for end in range(start, len(content) + 1):
        path.write_bytes(content[:end])
        # Only the newline is missing: the line was paid for and is kept.
        kept = [first, last] if end >= len(content) - 1 else [first]
        assert rows_in(path) == kept, "read before repair, as a resuming run does"
        removed = repair(path)
        assert removed == (0 if len(kept) == 2 else end - start)
        assert rows_in(path) == kept
        assert path.read_bytes().endswith(b"\n")
        with path.open("ab") as file:
            file.write(line)
        assert rows_in(path) == [*kept, after]


@pytest.mark.parametrize("size", [1, 65535, 65536, 65537, 200_000])
def test_a_torn_line_longer_than_a_block_is_cut_off_whole(tmp_path: Path, size: int) -> None:
    path = tmp_path / "responses.jsonl"
    write(path, Response(row=0, item="q0"))
    whole = path.read_bytes()
    path.write_bytes(whole + b"{" + b"x" * (size - 1))
    assert repair(path) == size
    assert path.read_bytes() == whole


def test_zeros_left_by_a_power_cut_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "responses.jsonl"
    write(path, Response(row=0, item="q0"))
    path.write_bytes(path.read_bytes() + bytes(4096))
    assert repair(path) == 4096
    assert len(rows_in(path)) == 1


def test_a_file_without_any_line_is_emptied_and_an_absent_one_left_absent(tmp_path: Path) -> None:
    path = tmp_path / "responses.jsonl"
    assert repair(path) == 0
    assert rows_in(path) == []
    path.write_bytes(b'{"row": 1, "it')
    assert repair(path) == 14
    assert path.read_bytes() == b""


def test_damage_in_the_middle_is_named_by_line_and_never_skipped(tmp_path: Path) -> None:
    path = tmp_path / "responses.jsonl"
    write(path, Response(row=0, item="q0"), Response(row=1, item="q1"))
    lines = path.read_bytes().splitlines(keepends=True)
    for damage in (b"garbage\n", b"\xff\xfe\n", b"{}\n"):
        path.write_bytes(lines[0] + damage + lines[1])
        with pytest.raises(InputError, match=r"responses\.jsonl:2: damaged"):
            rows_in(path)


def test_what_follows_a_line_waits_until_the_line_is_handed_over(tmp_path: Path) -> None:
    path, seen = tmp_path / "responses.jsonl", []

    async def scenario() -> None:
        async with Journal(path) as journal:
            journal.add(Response(row=0, item="q0"), lambda: seen.append(path.read_bytes().count(b"\n")))
            assert seen == []
            await asyncio.sleep(0.05)
            assert seen == [1]

    asyncio.run(scenario())


HOLD = "import sys, time; from pathlib import Path; from medosce.engine.journal import FolderLock; \
lock = FolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"


@contextmanager
def another_process_in(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_on_one_folder_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with another_process_in(tmp_path) as process:
        with pytest.raises(MedOSCEError, match=rf"in use by another process \(process {process.pid}\)"):
            FolderLock(tmp_path)
        process.kill()
        process.wait()
        with FolderLock(tmp_path):
            assert (tmp_path / ".lock").read_text() == str(os.getpid()), "a killed process leaves no lock behind"


def test_a_folder_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        FolderLock(tmp_path / "file")


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_ends_with_one_clear_error_and_a_sound_journal(tmp_path: Path) -> None:
    path = tmp_path / "responses.jsonl"

    async def scenario(rows: int) -> int:
        async with serving(lambda request: reply(request, "A" * 200)) as server:
            model = OpenAIChat("spec", "m", server.url)
            try:
                await asyncio.wait_for(ask_rows(model, path, rows), 20)
            finally:
                asked = len(server.requests)
            return asked

    with no_file_larger_than(10_000), pytest.raises(UnresolvedError) as caught:
        asyncio.run(scenario(5000))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "same command" in str(caught.value)
    kept = rows_in(path)
    assert 5 < len(kept) < 50
    assert path.stat().st_size <= 10_000
    asyncio.run(scenario(3))
    assert rows_in(path)[: len(kept)] == kept, "what was recorded is kept"
    assert len(rows_in(path)) == len(kept) + 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_runs_nothing_that_waits_for_the_write(tmp_path: Path) -> None:
    done: list[int] = []

    async def scenario(append: Callable[[], None]) -> None:
        async with Journal(Path("/dev/full")) as journal:
            journal.add(Response(row=0, item="q0"), append)
            await asyncio.sleep(0.05)
            assert isinstance(journal.failed, UnresolvedError)

    with pytest.raises(UnresolvedError, match="No space left"):
        asyncio.run(scenario(lambda: done.append(1)))
    assert done == []


def test_a_journal_that_cannot_be_opened_is_bad_input(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Journal(tmp_path / "absent" / "responses.jsonl"):
            pass

    with pytest.raises(InputError, match="cannot be written"):
        asyncio.run(scenario())
    assert list(tmp_path.iterdir()) == []
