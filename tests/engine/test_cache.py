"""A cache key differs whenever anything that could change the answer does, and only then; a hit costs nothing."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asks import ask_rows, make_ask, make_item
from loopback import reply, serving, status
from medosce.engine.budget import Budget
from medosce.engine.cache import KeyMaker, ResponseCache
from medosce.models.anthropic import AnthropicMessages
from medosce.models.base import LOGPROB, Limits, Price, Reply, Sampling
from medosce.models.gemini import GeminiGenerate
from medosce.models.openai_chat import OpenAIChat
from medosce.schema.items import Message
from medosce.schema.records import Usage

PROTOCOLS = [OpenAIChat, AnthropicMessages, GeminiGenerate]
BASE: dict[str, Any] = {
    "model": "m", "url": "http://127.0.0.1:1/v1", "temperature": 0.5, "max_tokens": 64, "repeat": 1, "text": "q", "order": 0,
    "extra": (), "method": "generate",
}  # fmt: skip


def key_of(protocol: Any, **changes: Any) -> str:
    given = {**BASE, **changes}
    sampling = Sampling(given["temperature"], given["max_tokens"], given["method"], dict(given["extra"]))
    model = protocol(
        "spec",
        given["model"],
        given["url"],
        key=given.get("key"),
        sampling=sampling,
        limits=Limits(given.get("concurrency", 8)),
    )
    ask = make_ask(
        given.get("row", 0), repeat=given["repeat"], order=given["order"], item=make_item("q"), text=given["text"]
    )
    ask.messages += given.get("turns", [])
    return KeyMaker(model.identity).key(model.request_of(ask), ask.repeat)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "change",
    [{"model": "n"}, {"url": "http://127.0.0.1:2/v1"}, {"temperature": 0.6}, {"temperature": None}, {"temperature": 0.0},
     {"max_tokens": 65},
     {"repeat": 2}, {"text": "Q"}, {"turns": [Message("assistant", "A")]}, {"extra": (("top_p", 0.5),)}],
)  # fmt: skip
def test_whatever_could_change_the_answer_changes_the_key(protocol: Any, change: dict[str, Any]) -> None:
    assert key_of(protocol, **change) != key_of(protocol)


@pytest.mark.parametrize("protocol", [OpenAIChat, GeminiGenerate])
def test_the_method_changes_the_key(protocol: Any) -> None:
    assert key_of(protocol, method=LOGPROB) != key_of(protocol)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "change",
    [{"row": 77}, {"key": "sk-other-key"}, {"concurrency": 2}, {"url": "http://127.0.0.1:1/v1/"}, {"order": 3}],
)
def test_what_cannot_change_the_answer_leaves_the_key(protocol: Any, change: dict[str, Any]) -> None:
    assert key_of(protocol, **change) == key_of(protocol)


def test_protocols_do_not_share_keys() -> None:
    assert len({key_of(protocol) for protocol in PROTOCOLS}) == 3


@given(st.tuples(st.binary(), st.integers(0, 10**6)), st.tuples(st.binary(), st.integers(0, 10**6)))
def test_keys_are_equal_exactly_when_request_and_repeat_are(one: tuple[bytes, int], other: tuple[bytes, int]) -> None:
    keys = KeyMaker({"endpoint": "e"})
    assert (keys.key(*one) == keys.key(*other)) == (one == other)
    assert len(keys.key(*one)) == 32


def test_a_hit_sends_nothing_costs_nothing_and_says_that_it_is_one(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(lambda request: reply(request, "C", input=100, output=50)) as server:
            model = OpenAIChat("spec", "m", server.url, price=Price(1, 1))
            first = await ask_rows(model, tmp_path / "1.jsonl", 20, cache=tmp_path / "cache.sqlite")
            assert len(server.requests) == 20
            # A budget of nothing pays for a run that is answered from the cache.
            again = await ask_rows(
                model, tmp_path / "2.jsonl", 20, cache=tmp_path / "cache.sqlite", budget=Budget(model.price, 0.0)
            )
            assert len(server.requests) == 20
            assert again.stop is None
            assert again.asker.budget.spent == 0
            assert again.progress.cached == 20
            assert all(response.cached and response.tries == 0 for response in again.responses)
            assert {(r.row, r.text, r.key, r.usage) for r in again.responses} == {
                (r.row, r.text, r.key, r.usage) for r in first.responses
            }

    asyncio.run(scenario())


def test_failures_and_filtered_answers_are_asked_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving() as server:
            model = OpenAIChat("spec", "m", server.url)
            server.script = lambda r: (
                status(400, "bad") if "q0" in r.body.decode() else reply(r, "", finish="content_filter")
            )
            await ask_rows(model, tmp_path / "1.jsonl", 2, cache=tmp_path / "cache.sqlite")
            server.script = reply
            asked = await ask_rows(model, tmp_path / "2.jsonl", 2, cache=tmp_path / "cache.sqlite")
            assert [(response.text, response.cached) for response in asked.responses] == [("A", False)] * 2

    asyncio.run(scenario())


TEXTS = st.text(st.characters(codec="utf-8"))
REPLIES = st.builds(
    Reply, TEXTS, st.one_of(st.none(), TEXTS), st.sampled_from(["stop", "length"]),
    st.one_of(st.none(), st.dictionaries(st.text(max_size=3), st.floats(-50, 0))), usage=st.builds(Usage, st.integers(0, 99)),
)  # fmt: skip


@settings(max_examples=20)
@given(st.dictionaries(st.text("abc", min_size=1), REPLIES, max_size=8))
def test_the_cache_gives_back_what_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, replies: dict[str, Reply]
) -> None:
    path = tmp_path_factory.mktemp("c") / "cache.sqlite"
    cache = ResponseCache(path)
    for key, kept in replies.items():
        cache.put(key, "spec", kept)
        assert cache.get(key) == kept, "before it is committed"
    cache.close()
    again = ResponseCache(path)
    assert {key: again.get(key) for key in replies} == replies
    assert again.get("absent") is None
    assert sum(again.counts().values()) == len(replies)
    assert again.clear() == len(replies)
    assert again.counts() == {}
    again.close()


def test_two_processes_may_share_a_cache(tmp_path: Path) -> None:
    filled = ResponseCache(tmp_path / "c.sqlite")
    filled.put("j", "spec", Reply(text="-"))
    filled.close()
    one, other = ResponseCache(tmp_path / "c.sqlite"), ResponseCache(tmp_path / "c.sqlite")
    one.put("k", "spec", Reply(text="A"))
    one.commit()
    other.put("l", "spec", Reply(text="B"))
    other.commit()
    assert one.get("k") == Reply(text="A")
    assert other.get("k") == Reply(text="A"), "a commit of one's own moves the snapshot on"
    one.close()
    other.close()


def test_sampling_that_is_equal_gives_equal_requests_whatever_it_was_made_from() -> None:
    sampling = Sampling(max_tokens=9)
    one = OpenAIChat("a", "m", "http://h", sampling=sampling).request_of(make_ask())
    assert one == OpenAIChat("b", "m", "http://h", sampling=replace(sampling, extra={})).request_of(make_ask())
