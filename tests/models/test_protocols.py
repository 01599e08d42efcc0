"""What each protocol sends, byte for byte, and what it reads out of an answer."""

import asyncio
import json
from typing import Any

import pytest

from asks import make_ask
from loopback import Answer, Request, serving
from medosce.models.anthropic import AnthropicMessages
from medosce.models.base import LOGPROB, ModelFault, Reply, Sampling
from medosce.models.gemini import GeminiGenerate
from medosce.models.openai_chat import OpenAIChat
from medosce.schema.records import Usage

KEY = "sk-test-0123456789"
PROTOCOLS = {"openai": (OpenAIChat, "/v1"), "anthropic": (AnthropicMessages, ""), "gemini": (GeminiGenerate, "/v1beta")}
USER = "What next in case q0?\nA. Stop the drug\nB. Double the dose\nC. Wait"


def ask_once(
    protocol: str, answer: Any = None, *, sampling: Sampling | None = None, **row: Any
) -> tuple[Request, Reply]:
    """(the one request, the reply) for one row put to a real endpoint. `answer` is the body it sends."""

    async def scenario() -> tuple[Request, Reply]:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        async with serving((lambda _: Answer(body=body)) if answer is not None else None) as server:
            maker, path = PROTOCOLS[protocol]
            model = maker("spec", "m-1", server.url + path, key=KEY, sampling=sampling or Sampling(max_tokens=64))
            await model.open()
            try:
                ask = make_ask(**row)
                reply = await model.answer(ask, model.request_of(ask))
            finally:
                await model.close()
            assert len(server.requests) == 1
            return server.requests[0], reply

    return asyncio.run(scenario())


def openai_answer(message: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {"model": "served", "choices": [{"message": message, "finish_reason": "stop", **choice}]}


def test_openai_request_is_model_messages_and_sampling_with_the_key_in_the_header_alone() -> None:
    request, reply = ask_once("openai")
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "model": "m-1", "max_tokens": 64, "temperature": 0.0,
        "messages": [{"role": "system", "content": "Reply with one letter."}, {"role": "user", "content": USER}],
    }  # fmt: skip
    assert KEY not in request.body.decode()
    assert reply == Reply(text="A", finish="stop", model="served-name", fingerprint="fp_1", usage=Usage(10, 2))


def test_repeats_at_a_temperature_carry_their_own_seed_and_repeats_at_zero_none() -> None:
    assert ask_once("openai", sampling=Sampling(temperature=0.7), repeat=2)[0].json["seed"] == 2
    assert "seed" not in ask_once("openai", sampling=Sampling(temperature=0.0), repeat=2)[0].json
    assert ask_once("gemini", sampling=Sampling(temperature=0.7), repeat=2)[0].json["generationConfig"]["seed"] == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_temperature_is_sent_where_none_is_wanted(protocol: str) -> None:
    assert b"temperature" not in ask_once(protocol, sampling=Sampling(temperature=None))[0].body


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_openai_reasoning_is_kept_apart_from_the_answer(field: str) -> None:
    _, reply = ask_once("openai", openai_answer({"content": "B", field: "A is wrong because…"}))
    assert (reply.text, reply.reasoning) == ("B", "A is wrong because…")


def test_openai_parts_are_joined_and_a_refusal_is_named() -> None:
    assert (
        ask_once("openai", openai_answer({"content": [{"type": "text", "text": "B"}, {"text": "."}]}))[1].text == "B."
    )
    refused = ask_once("openai", openai_answer({"content": None, "refusal": "I cannot."}))[1]
    assert (refused.text, refused.finish) == ("I cannot.", "refusal")
    empty = ask_once("openai", openai_answer({"content": None}, finish_reason="length"))[1]
    assert (empty.text, empty.finish) == ("", "length")


def test_openai_usage_counts_reasoning_and_cached_tokens() -> None:
    usage = {
        "prompt_tokens": 9, "completion_tokens": 7, "completion_tokens_details": {"reasoning_tokens": 5},
        "prompt_tokens_details": {"cached_tokens": 4},
    }  # fmt: skip
    assert ask_once("openai", {**openai_answer({"content": "A"}), "usage": usage})[1].usage == Usage(9, 7, 5, 4)
    deepseek = {"prompt_tokens": 9, "completion_tokens": 7, "prompt_cache_hit_tokens": 3}
    assert ask_once("openai", {**openai_answer({"content": "A"}), "usage": deepseek})[1].usage == Usage(9, 7, 0, 3)


@pytest.mark.parametrize(
    "usage", [None, [], {"prompt_tokens": None}, {"prompt_tokens": "many"}, {"completion_tokens": -3}]
)
def test_a_malformed_token_count_does_not_cost_the_answer(usage: Any) -> None:
    reply = ask_once("openai", {**openai_answer({"content": "A"}), "usage": usage})[1]
    assert (reply.text, reply.usage) == ("A", Usage())


def test_openai_log_probabilities_are_those_of_the_first_token() -> None:
    top = [{"token": "B", "logprob": -0.1}, {"token": "A", "logprob": -2.5}]
    answer = openai_answer(
        {"content": "B"}, logprobs={"content": [{"token": "B", "logprob": -0.1, "top_logprobs": top}]}
    )
    request, reply = ask_once("openai", answer, sampling=Sampling(method=LOGPROB))
    assert {name: request.json[name] for name in ("max_tokens", "logprobs", "top_logprobs")} == {
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": 20,
    }
    assert reply.logprobs == {"B": -0.1, "A": -2.5}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_endpoint_without_log_probabilities_ends_the_run_with_a_clear_word(protocol: str) -> None:
    async def scenario() -> ModelFault:
        async with serving() as server:
            maker, path = PROTOCOLS[protocol]
            model = maker("spec", "m-1", server.url + path, sampling=Sampling(method=LOGPROB))
            await model.open()
            try:
                with pytest.raises(ModelFault) as caught:
                    await model.answer(make_ask(), model.request_of(make_ask()))
                return caught.value
            finally:
                await model.close()

    fault = asyncio.run(scenario())
    assert fault.fatal and not fault.retryable
    assert "--method generate" in fault.message


def test_anthropic_request_keeps_the_system_text_apart_and_the_key_in_its_header() -> None:
    request, reply = ask_once("anthropic")
    assert request.path == "/v1/messages"
    assert (request.headers["x-api-key"], request.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in request.headers
    assert request.json == {
        "model": "m-1", "max_tokens": 64, "temperature": 0.0, "system": "Reply with one letter.",
        "messages": [{"role": "user", "content": USER}],
    }  # fmt: skip
    assert reply == Reply(text="A", finish="stop", model="claude-test", usage=Usage(10, 2))


def test_anthropic_base_url_may_end_in_its_version() -> None:
    assert AnthropicMessages("s", "m", "https://api.example/v1/").endpoint.url == "https://api.example/v1/messages"


def test_anthropic_blocks_are_sorted_into_text_and_thinking() -> None:
    answer = {
        "content": [
            {"type": "thinking", "thinking": "C fits best.", "signature": "x"},
            {"type": "redacted_thinking", "data": "zzz"},
            {"type": "text", "text": "The answer is "},
            {"type": "text", "text": "C"},
            {"type": "something_new", "payload": {}},
        ],
        "stop_reason": "end_turn", "model": "claude-x",
        "usage": {
            "input_tokens": 5, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 11,
            "output_tokens_details": {"thinking_tokens": 6},
        },
    }  # fmt: skip
    _, reply = ask_once("anthropic", answer)
    assert (reply.text, reply.reasoning) == ("The answer is C", "C fits best.\n\n[redacted thinking]")
    assert reply.usage == Usage(input=10, output=11, reasoning=6, cached=2)


@pytest.mark.parametrize(
    ("stop_reason", "finish"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("refusal", "refusal"),
     ("model_context_window_exceeded", "length"), ("pause_turn", "pause_turn"), (None, None)],
)  # fmt: skip
def test_anthropic_stop_reasons_become_the_openai_words(stop_reason: str | None, finish: str | None) -> None:
    assert ask_once("anthropic", {"content": [], "stop_reason": stop_reason})[1].finish == finish


def test_gemini_request_has_contents_instruction_and_config() -> None:
    request, reply = ask_once("gemini")
    assert request.path == "/v1beta/models/m-1:generateContent"
    assert request.headers["x-goog-api-key"] == KEY
    assert KEY not in request.path
    assert request.json == {
        "systemInstruction": {"parts": [{"text": "Reply with one letter."}]},
        "contents": [{"role": "user", "parts": [{"text": USER}]}],
        "generationConfig": {"maxOutputTokens": 64, "temperature": 0.0},
    }
    assert reply == Reply(text="A", finish="stop", model="gemini-test", usage=Usage(10, 2))


def test_gemini_extra_settings_join_the_generation_config() -> None:
    extra = {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}, "safetySettings": []}
    body = ask_once("gemini", sampling=Sampling(max_tokens=5, extra=extra))[0].json
    assert body["generationConfig"] == {
        "maxOutputTokens": 5,
        "temperature": 0.0,
        "thinkingConfig": {"thinkingBudget": 0},
    }
    assert body["safetySettings"] == []


def test_gemini_thoughts_are_kept_apart_and_counted_as_output() -> None:
    answer = {
        "candidates": [
            {"content": {"parts": [{"text": "A fails.", "thought": True}, {"text": "B"}]}, "finishReason": "STOP"}
        ],
        "usageMetadata": {
            "promptTokenCount": 8,
            "candidatesTokenCount": 1,
            "thoughtsTokenCount": 30,
            "cachedContentTokenCount": 4,
        },
    }
    _, reply = ask_once("gemini", answer)
    assert (reply.text, reply.reasoning) == ("B", "A fails.")
    assert reply.usage == Usage(input=8, output=31, reasoning=30, cached=4)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"),
     ("BLOCKLIST", "content_filter"), ("PROHIBITED_CONTENT", "content_filter"), ("SPII", "content_filter"), ("OTHER", "other")],
)  # fmt: skip
def test_gemini_finish_reasons_become_the_openai_words(reason: str, finish: str) -> None:
    reply = ask_once("gemini", {"candidates": [{"finishReason": reason}]})[1]
    assert (reply.finish, reply.text) == (finish, None if finish == "content_filter" else "")


def test_gemini_blocked_prompt_is_a_content_filter() -> None:
    reply = ask_once("gemini", {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 8}})[
        1
    ]
    assert (reply.text, reply.finish, reply.usage) == (None, "content_filter", Usage(8))


def test_gemini_log_probabilities_are_those_of_the_first_token() -> None:
    top = [{"token": "B", "logProbability": -0.5}, {"token": "A", "logProbability": -1.5}]
    answer = {
        "candidates": [
            {
                "content": {"parts": [{"text": "B"}]},
                "finishReason": "STOP",
                "logprobsResult": {"topCandidates": [{"candidates": top}]},
            }
        ]
    }
    request, reply = ask_once("gemini", answer, sampling=Sampling(method=LOGPROB))
    assert request.json["generationConfig"] == {
        "maxOutputTokens": 1,
        "responseLogprobs": True,
        "logprobs": 20,
        "temperature": 0.0,
    }
    assert reply.logprobs == {"B": -0.5, "A": -1.5}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "payload", [b"", b"<html>", b"null", b"[]", b"{}", b"\xff\xfe", b'{"choices": []}', b"[" * 200_000]
)
def test_bytes_that_are_no_answer_are_garbage_and_worth_another_try(protocol: str, payload: bytes) -> None:
    with pytest.raises(ModelFault) as caught:
        ask_once(protocol, payload)
    assert (caught.value.kind, caught.value.status, caught.value.retryable) == ("garbage", 200, True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_error_sent_with_status_200_is_quoted(protocol: str) -> None:
    with pytest.raises(ModelFault, match="upstream overloaded"):
        ask_once(protocol, {"error": {"message": "upstream overloaded", "code": 502}})


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_neither_identity_nor_repr_holds_the_key(protocol: str) -> None:
    model = PROTOCOLS[protocol][0]("spec", "m-1", "http://127.0.0.1:1/v1", key=KEY)
    assert KEY not in repr(model) + str(model) + json.dumps(model.identity) + repr(model.endpoint)
    assert model.identity == {"protocol": protocol, "model": "m-1", "endpoint": "http://127.0.0.1:1/v1"}
