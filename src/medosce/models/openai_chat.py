"""The OpenAI chat protocol, which most endpoints speak: OpenAI, DeepSeek, Qwen, vLLM, SGLang, Ollama, LM Studio, …

Builds the request, reads the answer; thinking is kept apart from the answer.
"""

from typing import Any

import msgspec

from medosce.models.base import LOGPROB, Ask, Limits, ModelFault, Price, Reply, Sampling
from medosce.models.http import Endpoint
from medosce.schema.records import Usage


class _Details(msgspec.Struct):
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    completion_tokens_details: _Details | None = None
    prompt_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: int | None = None


class _Message(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None


class _Top(msgspec.Struct):
    token: str
    logprob: float


class _TokenLogprobs(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_Top] = []


class _Logprobs(msgspec.Struct):
    content: list[_TokenLogprobs] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    system_fingerprint: str | None = None
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Completion)
_encoder = msgspec.json.Encoder()

# A rejected parameter is named in the provider's message; what each is replaced with (None: left out).
_REJECTABLE: dict[str, str | None] = {"temperature": None, "max_tokens": "max_completion_tokens", "seed": None}


class OpenAIChat:
    """A model behind the OpenAI chat protocol. `key` goes into a header and nowhere else."""

    cacheable = True
    local = False

    def __init__(
        self, spec: str, model: str, base_url: str, *, key: str | None = None, sampling: Sampling = Sampling(),
        price: Price | None = None, limits: Limits = Limits(), headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.spec, self.model, self.sampling, self.price, self.limits = spec, model, sampling, price, limits
        self.base_url = base_url.rstrip("/")
        authorisation = {"Authorization": f"Bearer {key}"} if key else {}
        self.endpoint = Endpoint(f"{self.base_url}/chat/completions", {**authorisation, **(headers or {})})
        self.identity: dict[str, Any] = {"protocol": "openai", "model": model, "endpoint": self.base_url}
        self._rejected: dict[str, str | None] = {}

    async def open(self) -> None:
        await self.endpoint.open()

    async def close(self) -> None:
        await self.endpoint.close()

    def request_of(self, ask: Ask) -> bytes:
        sampling = self.sampling
        body: dict[str, Any] = {"model": self.model, "messages": ask.messages}
        if sampling.method == LOGPROB:
            body |= {"max_tokens": 1, "logprobs": True, "top_logprobs": 20}
        else:
            body["max_tokens"] = sampling.max_tokens
        if sampling.temperature is not None:
            body["temperature"] = sampling.temperature
        if sampling.temperature and ask.repeat:
            # Repeats at one seed would be one draw counted twice.
            body["seed"] = ask.repeat
        body |= sampling.extra
        for name, replacement in self._rejected.items():
            if name in body:
                value = body.pop(name)
                if replacement:
                    body[replacement] = value
        return _encoder.encode(body)

    async def answer(self, ask: Ask, request: bytes) -> Reply:
        try:
            payload = await self.endpoint.post(request)
        except ModelFault as fault:
            if fault.kind == "filtered":
                return Reply(finish="content_filter")
            if fault.status in (400, 422) and self._learn_rejection(fault.message, request):
                payload = await self.endpoint.post(self.request_of(ask))
            else:
                raise
        return self.read(payload)

    def _learn_rejection(self, message: str, request: bytes) -> bool:
        """True when the message names a parameter that this request carried and that can be left out or renamed."""
        sent = msgspec.json.decode(request)
        for name, replacement in _REJECTABLE.items():
            if name in sent and (f"'{name}'" in message or f'"{name}"' in message or f"`{name}`" in message or name in message.split()):
                self._rejected[name] = replacement
                return True
        return False

    def read(self, payload: bytes) -> Reply:
        """The reply in an answer's bytes. Raises ModelFault('garbage') when they are not a chat completion."""
        try:
            completion = _decoder.decode(payload)
            choice = completion.choices[0]
        except (msgspec.MsgspecError, UnicodeDecodeError, IndexError) as error:
            raise ModelFault("garbage", f"the answer is no chat completion: {error}", status=200) from error
        message = choice.message
        text = message.content
        if isinstance(text, list):
            text = "".join(str(part.get("text") or "") for part in text)
        finish = choice.finish_reason
        if message.refusal and not text:
            text, finish = message.refusal, "refusal"
        return Reply(
            text="" if text is None else text,
            reasoning=message.reasoning_content or message.reasoning,
            finish=finish,
            logprobs=self._first_token(choice) if self.sampling.method == LOGPROB else None,
            model=completion.model,
            fingerprint=completion.system_fingerprint,
            usage=_usage(completion.usage),
            dropped=sorted(self._rejected),
        )

    def _first_token(self, choice: _Choice) -> dict[str, float]:
        if not choice.logprobs or not choice.logprobs.content:
            raise ModelFault(
                "no_logprobs", "this endpoint returns no log-probabilities; use --method generate", fatal=True
            )
        first = choice.logprobs.content[0]
        return {top.token: top.logprob for top in first.top_logprobs or [_Top(first.token, first.logprob)]}


def _usage(usage: _Usage | None) -> Usage:
    if usage is None:
        return Usage()
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else usage.prompt_cache_hit_tokens
    reasoning = usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details else None
    return Usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, reasoning or 0, cached or 0)
