"""A model endpoint on 127.0.0.1 that speaks the OpenAI, Anthropic and Gemini protocols and fails as it is told.

It keeps every request, so that a test can assert exactly what was sent. `script` decides the answer to each request;
without one every request is answered "A".
"""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it arrived. Header names are in lower case; `number` counts from 0."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def protocol(self) -> str:
        if self.path.endswith("/v1/messages"):
            return "anthropic"
        return "gemini" if self.path.endswith(":generateContent") else "openai"


@dataclass(frozen=True)
class Answer:
    """What the endpoint does: `status` with `body` after `delay` seconds, `cut` off in the middle, or never (`stall`)."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    stall: bool = False


Script = Callable[[Request], Answer]


def reply(
    request: Request, text: str = "A", *, input: int = 10, output: int = 2, delay: float = 0.0, finish: str = ""
) -> Answer:
    """A whole answer in the protocol of the request; `finish` is that protocol's own word."""
    match request.protocol:
        case "anthropic":
            body: dict[str, Any] = {
                "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test",
                "content": [{"type": "text", "text": text}], "stop_reason": finish or "end_turn",
                "usage": {"input_tokens": input, "output_tokens": output},
            }  # fmt: skip
        case "gemini":
            body = {
                "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish or "STOP"}],
                "usageMetadata": {"promptTokenCount": input, "candidatesTokenCount": output}, "modelVersion": "gemini-test",
            }  # fmt: skip
        case _:
            body = {
                "id": "1", "object": "chat.completion", "model": "served-name", "system_fingerprint": "fp_1",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish or "stop"}],
                "usage": {"prompt_tokens": input, "completion_tokens": output},
            }  # fmt: skip
    return Answer(body=json.dumps(body, ensure_ascii=False).encode(), delay=delay)


def status(
    code: int, message: str = "scripted", *, type: str = "scripted_error", headers: dict[str, str] | None = None
) -> Answer:
    """An error body as most providers write it."""
    body = json.dumps({"error": {"message": message, "type": type}}).encode()
    return Answer(code, body, headers or {})


GARBAGE = Answer(body=b"<html>upstream error</html>")
RESET = Answer(body=b"x" * 1000, cut=True)
STALL = Answer(stall=True)


def in_turn(*answers: Answer | None) -> Script:
    """The answers one after another, then "A" for ever; None stands for "A"."""

    def script(request: Request) -> Answer:
        answer = answers[request.number] if request.number < len(answers) else None
        return answer or reply(request)

    return script


class Loopback(asyncio.Protocol):
    """The server's one connection; the server itself is `serving` or `serving_in_thread`."""

    def __init__(self, server: "Server") -> None:
        self.server, self.buffer = server, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.transports.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.server.transports.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            body, self.buffer = rest[:length], rest[length:]
            method, path, _ = first.split(" ")
            self.server.serve(self.transport, Request(len(self.server.requests), method, path, headers, body))


class Server:
    """What a test sees: `url`, the `requests` so far, and how many were in flight at once."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or reply
        self.requests: list[Request] = []
        self.transports: set[asyncio.Transport] = set()
        self.in_flight = self.most_in_flight = 0
        self.url = ""

    @property
    def bodies(self) -> list[Any]:
        return [request.json for request in self.requests]

    def serve(self, transport: asyncio.Transport, request: Request) -> None:
        self.requests.append(request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        answer = self.script(request)
        if answer.stall:
            return
        asyncio.get_running_loop().call_later(answer.delay, self._send, transport, answer)

    def _send(self, transport: asyncio.Transport, answer: Answer) -> None:
        self.in_flight -= 1
        if transport.is_closing():
            return
        lines = [f"HTTP/1.1 {answer.status} X", f"Content-Length: {len(answer.body)}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        transport.write(head + (answer.body[: len(answer.body) // 2] if answer.cut else answer.body))
        if answer.cut:
            transport.close()

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Loopback(self), "127.0.0.1", 0, backlog=1024
        )
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._server.close()
        for transport in list(self.transports):
            transport.abort()
        await asyncio.sleep(0)
        await self._server.wait_closed()


@contextlib.asynccontextmanager
async def serving(script: Script | None = None) -> Any:
    """The server inside the running event loop."""
    server = Server(script)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.contextmanager
def serving_in_thread(script: Script | None = None) -> Iterator[Server]:
    """The server in a thread of its own, for tests that start processes."""
    server, loop, ready = Server(script), asyncio.new_event_loop(), threading.Event()

    def run() -> None:
        loop.run_until_complete(server.start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(server.stop())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
