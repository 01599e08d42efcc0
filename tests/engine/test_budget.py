"""The budget is never exceeded, under any concurrency and any order of answers; nothing waits for money that never comes."""

import asyncio
import json
import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asks import Asked, ask_rows, make_ask
from loopback import GARBAGE, RESET, Answer, Request, Server, reply, serving
from medosce.engine import pacing
from medosce.engine.asking import Settings
from medosce.engine.budget import Budget, most_input_tokens
from medosce.models.base import LOGPROB, Price, Sampling
from medosce.models.openai_chat import OpenAIChat
from medosce.schema.records import Usage

PRICE = Price(input=3.0, output=15.0)
ENDINGS = st.sampled_from(["answer", "nothing", "lost", "uncounted"])
STEPS = st.lists(
    st.tuples(st.integers(1, 3000), st.integers(1, 500), st.floats(0, 1), st.floats(0, 1), ENDINGS),
    min_size=1, max_size=60,
)  # fmt: skip


@given(STEPS, st.floats(1e-6, 0.05), st.integers(1, 10), st.integers())
def test_no_order_of_reserving_and_settling_spends_more_than_the_limit(
    steps: list[tuple[int, int, float, float, str]], limit: float, at_once: int, seed: int
) -> None:
    budget, draw, real = Budget(PRICE, limit), random.Random(seed), 0.0
    in_flight: list[tuple[float, Usage, str]] = []

    def finish() -> float:
        amount, usage, ending = in_flight.pop(draw.randrange(len(in_flight)))
        if ending == "lost":
            budget.write_off(amount)
            return PRICE.cost(usage)
        budget.settle(amount, None if ending == "nothing" else Usage() if ending == "uncounted" else usage)
        return 0.0 if ending == "nothing" else PRICE.cost(usage)

    for size, most, input_share, output_share, ending in steps:
        amount = budget.reserve(b"x" * size, most)
        if amount is not None:
            in_flight.append((amount, Usage(int(size * input_share), int(most * output_share)), ending))
        while len(in_flight) >= at_once or (in_flight and draw.random() < 0.3):
            real += finish()
        assert real <= limit * (1 + 1e-9)
    while in_flight:
        real += finish()
    assert real <= limit * (1 + 1e-9)
    assert budget.spent + budget.uncertain <= limit * (1 + 1e-9)
    assert not budget.in_flight
    assert budget.reserved == 0.0, "rounding must not leave a trace that others would wait for"


def test_without_a_limit_nothing_is_refused_and_the_cost_is_still_known() -> None:
    budget = Budget(PRICE, None)
    budget.settle(budget.reserve(b"x" * 10**6, 10**6) or 0.0, Usage(1_000_000, 1_000_000))
    assert budget.spent == pytest.approx(18.0)


def test_one_byte_is_at_most_one_token() -> None:
    assert most_input_tokens("诊断".encode()) == 6


@pytest.mark.parametrize(
    ("sampling", "most"),
    [(Sampling(max_tokens=100), 100), (Sampling(max_tokens=100, method=LOGPROB), 1),
     (Sampling(max_tokens=100, extra={"max_completion_tokens": 900}), 900),
     (Sampling(max_tokens=100, extra={"generationConfig": {"maxOutputTokens": 700, "candidateCount": 2}}), 1400),
     (Sampling(max_tokens=100, extra={"n": 3}), 300)],
)  # fmt: skip
def test_the_dearest_outcome_counts_caps_set_by_hand(sampling: Sampling, most: int) -> None:
    assert sampling.most_output == most


def tokens_of(request: Request) -> tuple[int, int]:
    """Honest counts: never more tokens than bytes, never more output than the cap. They differ from row to row."""
    draw = random.Random(request.body)
    return draw.randint(1, len(request.body)), draw.randint(1, request.json["max_tokens"])


async def ask_within(
    limit: float, folder: Path, rows: Iterable[int], *, faults: float = 0.0, spent: float = 0.0
) -> tuple[Server, Asked, float]:
    """(server, what was asked, what the provider really charged), broken answers charged as well."""
    charged = 0.0

    def script(request: Request) -> Answer:
        nonlocal charged
        given, made = tokens_of(request)
        charged += PRICE.cost(Usage(given, made))
        draw = random.Random(request.number)
        if draw.random() < faults:
            return draw.choice([RESET, GARBAGE])
        return reply(request, input=given, output=made, delay=draw.random() / 200)

    async with serving(script) as server:
        model = OpenAIChat("spec", "m", server.url, sampling=Sampling(max_tokens=40), price=PRICE)
        asked = await ask_rows(
            model, folder / "r.jsonl", [make_ask(row) for row in rows], budget=Budget(PRICE, limit, spent),
            settings=Settings(concurrency=16),
        )  # fmt: skip
        return server, asked, charged


@settings(max_examples=15, deadline=None)
@given(limit=st.floats(0.0005, 0.08), faults=st.sampled_from([0.0, 0.2]))
def test_a_concurrent_run_never_costs_more_than_its_budget(
    tmp_path_factory: pytest.TempPathFactory, limit: float, faults: float
) -> None:
    first_wait, pacing.FIRST_WAIT = pacing.FIRST_WAIT, 0.01
    try:
        _, asked, charged = asyncio.run(
            asyncio.wait_for(ask_within(limit, tmp_path_factory.mktemp("b"), range(80), faults=faults), 30)
        )
    finally:
        pacing.FIRST_WAIT = first_wait
    assert charged <= limit * (1 + 1e-9)
    answered = sum(response.error is None for response in asked.responses)
    assert (asked.stop is None) == (answered + sum(response.error is not None for response in asked.responses) == 80)
    if asked.stop:
        assert "budget" in asked.stop.reason and not asked.stop.fatal


def test_a_run_stopped_by_its_budget_goes_on_with_a_higher_one(tmp_path: Path) -> None:
    async def scenario() -> tuple[float, float]:
        _, first, cost = await ask_within(0.02, tmp_path, range(60))
        done, spent = {response.row for response in first.responses}, first.asker.budget.spent
        assert first.stop is not None and 0 < len(done) < 60
        assert spent == pytest.approx(cost), "what was recorded is what was charged"
        _, second, more = await ask_within(1.0, tmp_path, set(range(60)) - done, spent=spent)
        assert second.stop is None
        return cost, more

    cost, more = asyncio.run(scenario())
    assert cost <= 0.02
    assert cost + more <= 1.0
    rows = sorted(json.loads(line)["row"] for line in (tmp_path / "r.jsonl").read_text().splitlines())
    assert rows == list(range(60))


def test_a_budget_below_one_request_asks_nothing(tmp_path: Path) -> None:
    server, asked, charged = asyncio.run(ask_within(1e-9, tmp_path, range(5)))
    assert (server.requests, asked.responses, charged) == ([], [], 0.0)


def test_an_endpoint_that_counts_no_tokens_is_charged_the_worst(tmp_path: Path) -> None:
    async def scenario() -> Asked:
        async with serving(lambda request: reply(request, input=0, output=0)) as server:
            model = OpenAIChat("spec", "m", server.url, sampling=Sampling(max_tokens=40), price=PRICE)
            return await ask_rows(
                model, tmp_path / "r.jsonl", 50, budget=Budget(PRICE, 0.01), settings=Settings(concurrency=4)
            )

    asked = asyncio.run(scenario())
    assert asked.stop is not None
    assert 0 < len(asked.responses) < 50
