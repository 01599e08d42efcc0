"""A parameter that a model rejects is left out or renamed, remembered, and recorded; nothing else is."""

import asyncio
import json
from pathlib import Path

import pytest

from asks import Asked, ask_rows, make_ask
from loopback import Answer, Request, Server, reply, serving, status
from medosce.engine.asking import Settings
from medosce.models.anthropic import AnthropicMessages
from medosce.models.base import Sampling
from medosce.models.gemini import GeminiGenerate
from medosce.models.openai_chat import OpenAIChat

NO_TEMPERATURE = (
    "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."
)
NO_MAX_TOKENS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)


def reasoning_model(request: Request) -> Answer:
    """Rejects `max_tokens` first and `temperature` next, as OpenAI's reasoning models do."""
    if "max_tokens" in request.json:
        return status(400, NO_MAX_TOKENS)
    return status(400, NO_TEMPERATURE) if "temperature" in request.json else reply(request)


def ask_many(model: type[OpenAIChat], script: object, path: Path) -> tuple[Server, Asked]:
    async def scenario() -> tuple[Server, Asked]:
        async with serving(script) as server:  # type: ignore[arg-type]
            asked = await ask_rows(
                model("spec", "m", server.url, sampling=Sampling(max_tokens=50)),
                path,
                3,
                settings=Settings(concurrency=1),
            )
            return server, asked

    return asyncio.run(scenario())


def test_two_parameters_rejected_in_turn_cost_one_row_two_more_requests_and_later_rows_none(tmp_path: Path) -> None:
    server, asked = ask_many(OpenAIChat, reasoning_model, tmp_path / "r.jsonl")
    assert [response.text for response in asked.responses] == ["A", "A", "A"]
    assert len(server.requests) == 5
    assert server.bodies[-1].keys() == {"model", "messages", "max_completion_tokens"}
    assert server.bodies[-1]["max_completion_tokens"] == 50


def test_what_was_left_out_is_recorded_and_what_was_renamed_is_not_called_dropped(tmp_path: Path) -> None:
    _, asked = ask_many(OpenAIChat, reasoning_model, tmp_path / "r.jsonl")
    assert [response.dropped for response in asked.responses] == [["temperature"]] * 3


@pytest.mark.parametrize(
    "message", ["`temperature` is deprecated for this model.", "temperature is deprecated for this model."]
)
def test_anthropic_models_without_temperature_are_asked_without(message: str, tmp_path: Path) -> None:
    server, asked = ask_many(
        AnthropicMessages, lambda r: status(400, message) if "temperature" in r.json else reply(r), tmp_path / "r.jsonl"
    )  # type: ignore[arg-type]
    assert [response.dropped for response in asked.responses] == [["temperature"]] * 3
    assert len(server.requests) == 4


def test_gemini_temperature_is_taken_out_of_the_generation_config(tmp_path: Path) -> None:
    def script(request: Request) -> Answer:
        given = "temperature" in request.json["generationConfig"]
        return status(400, 'Unknown name "temperature" at generation_config') if given else reply(request)

    server, asked = ask_many(GeminiGenerate, script, tmp_path / "r.jsonl")  # type: ignore[arg-type]
    assert server.bodies[-1]["generationConfig"] == {"maxOutputTokens": 50}
    assert asked.responses[0].dropped == ["temperature"]


@pytest.mark.parametrize(
    "message",
    ["The prompt mentions a body temperature of 39.5 degrees", "max_tokens is too large: 20000. This model supports at most 4096",
     "This model's maximum context length is 4096 tokens, and only so many"],
)  # fmt: skip
def test_a_400_about_something_else_changes_no_parameter(message: str, tmp_path: Path) -> None:
    server, asked = ask_many(
        OpenAIChat, lambda r: status(400, message) if r.number == 0 else reply(r), tmp_path / "r.jsonl"
    )
    assert asked.responses[0].error is not None
    assert asked.responses[0].error.kind == "400"
    assert len(server.requests) == 3, "a 400 is not tried again"
    assert all(body["temperature"] == 0.0 and body["max_tokens"] == 50 for body in server.bodies)


def test_a_rejection_is_not_learned_when_leaving_the_parameter_out_does_not_help(tmp_path: Path) -> None:
    server, _ = ask_many(
        OpenAIChat, lambda r: status(400, NO_TEMPERATURE) if r.number < 2 else reply(r), tmp_path / "r.jsonl"
    )
    assert ["temperature" in body for body in server.bodies] == [True, False, True, True]


def test_the_cache_still_answers_a_model_whose_parameters_were_rejected(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, int, Asked]:
        async with serving(reasoning_model) as server:
            counts = []
            for name in ("1.jsonl", "2.jsonl"):
                model = OpenAIChat("spec", "m", server.url, sampling=Sampling(max_tokens=50))
                asked = await ask_rows(
                    model, tmp_path / name, 3, cache=tmp_path / "cache", settings=Settings(concurrency=1)
                )
                counts.append(len(server.requests))
            return counts[0], counts[1], asked

    first, second, asked = asyncio.run(scenario())
    assert (first, second) == (5, 5), "a new session, which has learned nothing yet, asks nothing"
    assert [(response.cached, response.dropped) for response in asked.responses] == [(True, ["temperature"])] * 3


def test_the_request_that_addresses_an_answer_is_the_one_that_was_planned() -> None:
    model = OpenAIChat("spec", "m", "http://127.0.0.1:1", sampling=Sampling(max_tokens=50))
    before = model.request_of(make_ask())
    model._rejected.add("temperature")
    assert model.request_of(make_ask()) == before
    assert json.loads(before)["temperature"] == 0.0
