"""Status codes, headers and broken connections become faults that say what happened and whether to try again."""

import asyncio
import email.utils
import json
import time
from pathlib import Path

import pytest

from loopback import GARBAGE, RESET, Answer, Server, in_turn, serving, status
from medosce.models.base import ModelFault
from medosce.models.http import Endpoint, fault_of_status, proxy_for, retry_after

KEY = "sk-secret-0123456789"


def fault_from(answer: Answer, **options: object) -> ModelFault:
    async def scenario() -> ModelFault:
        async with serving(in_turn(answer)) as server:
            endpoint = Endpoint(
                server.url + "/v1/chat/completions", {"Authorization": f"Bearer {KEY}"}, secrets=[f"Bearer {KEY}"]
            )
            await endpoint.open()
            try:
                with pytest.raises(ModelFault) as caught:
                    await endpoint.post(b"{}")
                return caught.value
            finally:
                await endpoint.close()

    return asyncio.run(scenario())


@pytest.mark.parametrize("code", [401, 402, 403, 404])
def test_refused_keys_empty_accounts_and_unknown_models_are_fatal(code: int) -> None:
    fault = fault_from(status(code, "no"))
    assert (fault.kind, fault.fatal, fault.retryable) == (str(code), True, False)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (429, {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}),
        (400, {"error": {"code": "Arrearage", "message": "Access denied, account in arrears"}}),
        (400, {"error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the Anthropic API."}}),
        (400, {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT",
                         "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]}}),
    ],
)  # fmt: skip
def test_an_account_that_cannot_pay_or_a_bad_key_is_fatal_whatever_its_status(code: int, body: object) -> None:
    assert fault_of_status(code, {}, json.dumps(body).encode()).fatal


@pytest.mark.parametrize("code", [408, 409, 425, 429, 500, 502, 503, 504, 520, 524, 529])
def test_passing_troubles_are_worth_another_try(code: int) -> None:
    fault = fault_from(status(code))
    assert (fault.kind, fault.retryable, fault.fatal) == (str(code), True, False)


@pytest.mark.parametrize("code", [400, 405, 413, 422])
def test_a_request_that_was_wrong_is_not_sent_again(code: int) -> None:
    fault = fault_from(status(code))
    assert (fault.retryable, fault.fatal) == (False, False)


def test_broken_connections_are_resets() -> None:
    assert fault_from(RESET).kind == "reset"


@pytest.mark.parametrize(
    "error",
    [{"code": "content_filter", "message": "triggered"}, {"code": "data_inspection_failed", "message": "…"},
     {"code": "DataInspectionFailed", "message": "…"},
     {"message": "Output blocked by content filtering policy", "type": "invalid_request_error"}],
)  # fmt: skip
def test_content_filters_that_answer_with_a_status_are_known(error: dict[str, str]) -> None:
    fault = fault_of_status(400, {}, json.dumps({"error": error}).encode())
    assert (fault.kind, fault.retryable, fault.fatal) == ("filtered", False, False)


def test_retry_after_is_read_in_seconds_milliseconds_and_as_a_date() -> None:
    assert fault_from(status(429, headers={"Retry-After": "7"})).retry_after == 7
    assert fault_from(status(503, headers={"Retry-After": "0.5"})).retry_after == 0.5
    assert fault_from(status(429, headers={"retry-after-ms": "250", "Retry-After": "7"})).retry_after == 0.25
    date = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 55 < (fault_from(status(529, headers={"Retry-After": date})).retry_after or 0) <= 60


def test_google_puts_the_delay_into_the_body() -> None:
    body = {
        "error": {
            "code": 429,
            "status": "RESOURCE_EXHAUSTED",
            "message": "quota",
            "details": [{"@type": "RetryInfo", "retryDelay": "34.5s"}],
        }
    }
    assert fault_of_status(429, {}, json.dumps(body).encode()).retry_after == 34.5


@pytest.mark.parametrize(
    "value", ["", "soon", "Wed, 99 Foo 2015 07:28:00 GMT", "nan-ish", "Wed, 21 Oct 99999 07:28:00 GMT"]
)
def test_an_unreadable_retry_after_is_none(value: str) -> None:
    assert retry_after({"Retry-After": value}) is None
    assert retry_after({"retry-after-ms": value, "Retry-After": "3"}) == 3


@pytest.mark.parametrize("value", ["-5", "nan", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_wait_is_never_negative(value: str) -> None:
    assert retry_after({"Retry-After": value}) == 0.0


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[[", b'"text"', b"[1]", b'{"error": 5}', b'{"error": {"details": [3, {}]}}', b"[" * 100_000],
)
def test_an_error_body_of_any_shape_still_gives_a_fault(payload: bytes) -> None:
    fault = fault_of_status(500, {}, payload)
    assert fault.kind == "500"
    assert len(fault.message) < 400


def test_an_endpoint_that_quotes_the_key_does_not_get_it_into_the_fault() -> None:
    fault = fault_from(status(401, f"Incorrect API key provided: {KEY}"))
    assert KEY not in fault.message
    assert "[key]" in fault.message


def test_a_redirect_is_named_and_not_followed_with_the_key() -> None:
    async def scenario() -> tuple[ModelFault, Server]:
        async with serving() as other, serving(in_turn(Answer(307, headers={"Location": other.url}))) as server:
            endpoint = Endpoint(server.url, {"x-api-key": KEY})
            await endpoint.open()
            try:
                with pytest.raises(ModelFault) as caught:
                    await endpoint.post(b"{}")
            finally:
                await endpoint.close()
            assert other.url in caught.value.message
            return caught.value, other

    fault, other = asyncio.run(scenario())
    assert fault.fatal
    assert other.requests == []


def test_no_answer_from_a_closed_port_is_a_connect_fault_with_the_address() -> None:
    async def scenario() -> ModelFault:
        async with serving() as server:
            url = server.url
        endpoint = Endpoint(url, {})
        await endpoint.open()
        try:
            with pytest.raises(ModelFault) as caught:
                await endpoint.post(b"{}")
            return caught.value
        finally:
            await endpoint.close()

    fault = asyncio.run(scenario())
    assert fault.kind == "connect"
    assert "http://127.0.0.1:" in fault.message


def test_this_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> tuple[Server, Server]:
        async with serving(in_turn(GARBAGE)) as proxy, serving() as server:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            for name in ("no_proxy", "NO_PROXY"):
                monkeypatch.delenv(name, raising=False)
            endpoint = Endpoint(server.url, {})
            await endpoint.open()
            try:
                await endpoint.post(b"{}")
            finally:
                await endpoint.close()
            return proxy, server

    proxy, server = asyncio.run(scenario())
    assert (len(proxy.requests), len(server.requests)) == (0, 1)


def test_other_machines_are_asked_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> Server:
        async with serving() as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.setenv("no_proxy", "inside.example")
            assert proxy_for("http://model.inside.example/v1") is None
            endpoint = Endpoint("http://model.example.invalid/v1/chat/completions", {})
            await endpoint.open()
            try:
                await endpoint.post(b"{}")
            finally:
                await endpoint.close()
            return proxy

    proxy = asyncio.run(scenario())
    assert [request.path for request in proxy.requests] == ["http://model.example.invalid/v1/chat/completions"]


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.9.8.7/v1", "http://[::1]:8000/v1", "https://api.localhost/v1"]
)
def test_every_name_of_this_machine_is_without_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    assert proxy_for(url) is None
    assert proxy_for("http://127.evil.example/v1") == "http://proxy.example:3128"


def test_a_proxy_without_scheme_is_an_http_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    assert proxy_for("https://api.example/v1") == "http://proxy.example:3128"
