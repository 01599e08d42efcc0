"""Every kind of fault: whether it is tried again, what the journal says of it, and what ends a run."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from asks import Asked, ask_rows, make_ask
from loopback import GARBAGE, RESET, STALL, Answer, Request, Server, in_turn, reply, serving, status
from medosce.engine import pacing
from medosce.engine.asking import FAILURES_IN_A_ROW, Settings
from medosce.models.anthropic import AnthropicMessages
from medosce.models.base import Ask, Limits, ModelFault, Sampling
from medosce.models.gemini import GeminiGenerate
from medosce.models.openai_chat import OpenAIChat
from medosce.models.replay import Replay
from medosce.schema.records import Response

SOON = {"retry-after-ms": "5"}


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "FIRST_WAIT", 0.01)


def ask_many(
    path: Path, script: Any, rows: Any = 1, *, protocol: Any = OpenAIChat, limits: Limits | None = None, **settings: Any
) -> tuple[Server, Asked]:
    async def scenario() -> tuple[Server, Asked]:
        async with serving(script) as server:
            model = protocol("spec", "m", server.url, sampling=Sampling(max_tokens=20), limits=limits or Limits())
            return server, await asyncio.wait_for(ask_rows(model, path, rows, settings=Settings(**settings)), 30)

    return asyncio.run(scenario())


@pytest.mark.parametrize("protocol", [OpenAIChat, AnthropicMessages, GeminiGenerate])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [(status(429, headers=SOON), "429"), (status(503, headers=SOON), "503"), (status(529, headers=SOON), "529"), (status(500), "500"),
     (status(502), "502"), (RESET, "reset"), (GARBAGE, "garbage")],
)  # fmt: skip
def test_a_passing_fault_is_tried_again_and_counted(fault: Answer, kind: str, protocol: Any, tmp_path: Path) -> None:
    server, asked = ask_many(tmp_path / "r.jsonl", in_turn(fault, fault), protocol=protocol)
    (response,) = asked.responses
    assert (response.text, response.tries, response.faults, response.error) == ("A", 3, {kind: 2}, None)
    assert len(server.requests) == 3
    assert len({request.body for request in server.requests}) == 1, "the same question each time"
    assert (asked.progress.answered, asked.progress.failed, asked.progress.faults) == (1, 0, {kind: 2})


@pytest.mark.parametrize(
    ("fault", "kind", "code"), [(status(500, "boom"), "500", 500), (RESET, "reset", None), (GARBAGE, "garbage", 200)]
)
def test_a_fault_that_does_not_pass_becomes_a_recorded_failure(
    fault: Answer, kind: str, code: int | None, tmp_path: Path
) -> None:
    server, asked = ask_many(tmp_path / "r.jsonl", lambda _: fault, max_tries=3)
    (response,) = asked.responses
    assert response.error is not None
    assert (response.error.kind, response.error.status, response.text, response.faults) == (kind, code, None, {kind: 3})
    assert len(server.requests) == 3
    assert asked.stop is None
    assert response.key and response.at


def test_an_endpoint_that_only_asks_for_patience_is_given_more_of_it(tmp_path: Path) -> None:
    server, asked = ask_many(tmp_path / "r.jsonl", in_turn(*[status(429, headers=SOON)] * 10), max_tries=6)
    assert asked.responses[0].text == "A"
    assert len(server.requests) == 11


def test_an_endpoint_with_a_rate_limit_answers_every_row_in_the_end(tmp_path: Path) -> None:
    passed: list[float] = []

    def forty_a_second(request: Request) -> Answer:
        now = time.monotonic()
        if sum(at > now - 0.25 for at in passed) >= 10:
            return status(429, headers={"retry-after-ms": "250"})
        passed.append(now)
        return reply(request)

    _, asked = ask_many(tmp_path / "r.jsonl", forty_a_second, 80)
    assert [response.error for response in asked.responses] == [None] * 80
    assert asked.progress.faults["429"] > 0


def test_a_stalled_answer_is_given_up_and_asked_for_again(tmp_path: Path) -> None:
    start = time.monotonic()
    _, asked = ask_many(tmp_path / "r.jsonl", in_turn(STALL), timeout=0.2)
    assert (asked.responses[0].text, asked.responses[0].faults) == ("A", {"stall": 1})
    assert 0.2 <= time.monotonic() - start < 2


def test_a_slow_answer_within_the_time_out_is_no_stall(tmp_path: Path) -> None:
    _, asked = ask_many(tmp_path / "r.jsonl", lambda request: reply(request, delay=0.3), timeout=2)
    assert (asked.responses[0].faults, asked.responses[0].tries) == ({}, 1)
    assert 0.29 < asked.responses[0].seconds < 1


def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    times: list[float] = []

    def script(request: Request) -> Answer:
        times.append(time.monotonic())
        return status(429, headers={"Retry-After": "1"}) if request.number == 0 else reply(request)

    ask_many(tmp_path / "r.jsonl", script)
    assert 1.0 <= times[1] - times[0] < 1.5


def test_an_empty_answer_is_an_answer_and_a_filtered_one_says_so(tmp_path: Path) -> None:
    script = in_turn(None, Answer())

    def answers(request: Request) -> Answer:
        kind = request.json["messages"][-1]["content"]
        if kind == "empty":
            return reply(request, "")
        if kind == "filter":
            return reply(request, "", finish="content_filter")
        return status(400, "The response was filtered", type="content_filter") if kind == "refused" else script(request)

    rows = [make_ask(row, text=text) for row, text in enumerate(("empty", "filter", "refused"))]
    server, asked = ask_many(tmp_path / "r.jsonl", answers, rows, concurrency=1)
    assert [(response.text, response.finish, response.error) for response in asked.responses] == [
        ("", "stop", None), ("", "content_filter", None), (None, "content_filter", None),
    ]  # fmt: skip
    assert len(server.requests) == 3, "none of them is asked again"


def test_a_wrong_request_is_recorded_after_one_try_and_the_rest_goes_on(tmp_path: Path) -> None:
    server, asked = ask_many(tmp_path / "r.jsonl", in_turn(status(400, "context too long")), 3, concurrency=1)
    assert [response.error.kind if response.error else None for response in asked.responses] == ["400", None, None]
    assert "context too long" in (asked.responses[0].error.message if asked.responses[0].error else "")
    assert len(server.requests) == 3


@pytest.mark.parametrize("code", [401, 402, 403, 404])
def test_a_fatal_answer_stops_the_run_and_leaves_the_rest_not_asked(code: int, tmp_path: Path) -> None:
    server, asked = ask_many(
        tmp_path / "r.jsonl", lambda r: status(code, "no") if r.number >= 10 else reply(r), 500, concurrency=4
    )
    assert asked.stop is not None and asked.stop.fatal
    assert str(code) in asked.stop.reason
    assert len(asked.responses) == 10
    assert all(response.error is None for response in asked.responses), "a refused key is no failure of the row"
    assert len(server.requests) <= 14


def test_a_fatal_answer_does_not_wait_for_the_retries_of_others(tmp_path: Path) -> None:
    def script(request: Request) -> Answer:
        if request.number < 3:
            return status(503, headers={"Retry-After": "25"})
        return Answer(401, b"{}", delay=0.1)

    start = time.monotonic()
    _, asked = ask_many(tmp_path / "r.jsonl", script, 4, concurrency=4)
    assert asked.stop is not None and asked.stop.fatal
    assert time.monotonic() - start < 3


def test_answers_under_way_when_the_run_stops_are_still_recorded(tmp_path: Path) -> None:
    def script(request: Request) -> Answer:
        return status(401) if request.number == 3 else reply(request, delay=0.2)

    _, asked = ask_many(tmp_path / "r.jsonl", script, 4, concurrency=4)
    assert asked.stop is not None
    assert len(asked.responses) == 3


def test_many_failures_in_a_row_stop_the_run_without_blaming_the_user(tmp_path: Path) -> None:
    _, asked = ask_many(tmp_path / "r.jsonl", lambda _: status(500, "down"), 200, concurrency=8, max_tries=1)
    assert asked.stop is not None and not asked.stop.fatal
    assert f"{FAILURES_IN_A_ROW} requests in a row failed" in asked.stop.reason and "down" in asked.stop.reason
    assert FAILURES_IN_A_ROW <= len(asked.responses) <= FAILURES_IN_A_ROW + 8


def test_a_dead_address_is_named_in_one_line_within_three_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_WAIT", 0.5)

    async def scenario() -> tuple[str, Asked]:
        async with serving() as server:
            url = server.url
        return url, await ask_rows(OpenAIChat("spec", "m", url), tmp_path / "r.jsonl", 400)

    start = time.monotonic()
    url, asked = asyncio.run(scenario())
    assert time.monotonic() - start < 3
    assert asked.stop is not None and asked.stop.fatal
    assert url in asked.stop.reason and "\n" not in asked.stop.reason


def test_an_endpoint_that_went_away_after_answering_is_not_called_mistyped(tmp_path: Path) -> None:
    async def scenario() -> Asked:
        async with serving() as server:
            model = OpenAIChat("spec", "m", server.url)

            class Leaving:
                def __getattr__(self, name: str) -> Any:
                    return getattr(model, name)

                async def answer(self, ask: Ask, request: bytes) -> Any:
                    if ask.row == 1:
                        raise ModelFault("connect", "cannot connect")
                    return await model.answer(ask, request)

            return await ask_rows(Leaving(), tmp_path / "r.jsonl", 3, settings=Settings(concurrency=1, max_tries=4))

    asked = asyncio.run(scenario())
    assert asked.stop is None
    assert [response.faults for response in asked.responses] == [{}, {"connect": 4}, {}]


def test_concurrency_grows_at_a_quick_endpoint_and_stays_under_the_limit(tmp_path: Path) -> None:
    server, asked = ask_many(tmp_path / "r.jsonl", lambda r: reply(r, delay=0.01), 400, limits=Limits(concurrency=32))
    assert 16 < server.most_in_flight <= 32
    assert len(asked.responses) == 400
    fixed, _ = ask_many(tmp_path / "f.jsonl", lambda r: reply(r, delay=0.01), 60, concurrency=5)
    assert fixed.most_in_flight == 5


def test_requests_a_minute_are_kept(tmp_path: Path) -> None:
    start = time.monotonic()
    server, _ = ask_many(tmp_path / "r.jsonl", None, 16, limits=Limits(requests_per_minute=600))
    assert 0.5 < time.monotonic() - start < 2, "ten at once, then ten a second"
    assert len(server.requests) == 16


def test_each_row_is_asked_once_and_recorded_once(tmp_path: Path) -> None:
    server, asked = ask_many(tmp_path / "r.jsonl", None, 300)
    assert sorted(response.row for response in asked.responses) == list(range(300))
    assert len({request.body for request in server.requests}) == len(server.requests) == 300


def test_reasoning_stands_apart_in_the_journal(tmp_path: Path) -> None:
    message = '{"content": "C", "reasoning_content": "Not A, since…"}'
    body = f'{{"choices": [{{"message": {message}, "finish_reason": "stop"}}], "model": "v"}}'.encode()
    _, asked = ask_many(tmp_path / "r.jsonl", lambda _: Answer(body=body))
    assert (asked.responses[0].text, asked.responses[0].reasoning, asked.responses[0].model) == (
        "C",
        "Not A, since…",
        "v",
    )


def test_rows_that_a_replay_lacks_stay_not_asked(tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text('{"id": "q0", "reply": "C"}\n{"id": "q2", "reply": "A"}\n', "utf-8")
    asked = asyncio.run(ask_rows(Replay("replay:x", file), tmp_path / "r.jsonl", 3))
    assert [response.row for response in asked.responses] == [0, 2]
    assert asked.stop is None


def test_a_row_source_that_breaks_is_reported_and_what_was_answered_is_kept(tmp_path: Path) -> None:
    def rows() -> Any:
        yield make_ask(0)
        yield make_ask(1)
        raise ValueError("the items file is damaged")

    async def scenario() -> None:
        from medosce.engine.asking import Asker, Progress, ask_all
        from medosce.engine.budget import Budget
        from medosce.engine.journal import Journal

        async with serving() as server, Journal(tmp_path / "r.jsonl") as journal:
            model = OpenAIChat("spec", "m", server.url)
            asker = Asker(
                model, journal, progress=Progress(3), settings=Settings(concurrency=1), budget=Budget(None, None)
            )
            await ask_all(asker, rows())

    with pytest.raises(ValueError, match="damaged"):
        asyncio.run(scenario())
    from medosce.engine.journal import read_journal

    kept: list[Response] = [response for _, response in read_journal(tmp_path / "r.jsonl")]
    assert [response.row for response in kept] == [0, 1]
