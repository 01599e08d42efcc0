"""HTTP to a model endpoint: one connection pool, status codes and broken answers turned into `ModelFault`.

Knows nothing of any provider's message format; retries belong to the engine.
"""

import email.utils
import json
import time
from collections.abc import Mapping
from typing import Any

from medosce.models.base import ModelFault

RETRYABLE_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
FATAL_STATUS = {
    401: "the key was refused",
    402: "the account has no balance",
    403: "the key has no access to this model",
    404: "no such model or address",
}
FATAL_CODES = ("insufficient_quota", "model_not_found", "invalid_api_key", "Arrearage")
FILTER_CODES = ("content_filter", "data_inspection_failed", "content_policy_violation", "ResponsibleAIPolicyViolation")


class Endpoint:
    """POSTs JSON bytes to one address, with kept-alive connections. Secrets live in `headers` only."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = url
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        self._session: Any = None

    async def open(self) -> None:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, enable_cleanup_closed=False),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=15),
            headers=self._headers,
            trust_env=True,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, body: bytes) -> bytes:
        """The answer's bytes. Raises ModelFault for every other end; the engine bounds the time."""
        import aiohttp

        try:
            async with self._session.post(self.url, data=body) as answer:
                payload: bytes = await answer.read()
                if answer.status == 200:
                    return payload
                raise fault_of_status(answer.status, answer.headers, payload)
        except aiohttp.ConnectionTimeoutError as error:
            raise ModelFault("connect", f"no connection to {self.url} in 15 s") from error
        except aiohttp.ClientConnectorError as error:
            raise ModelFault("connect", f"cannot connect to {self.url}: {_reason(error)}") from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise ModelFault("connect", f"{self.url!r} is not a usable address", fatal=True) from error
        except aiohttp.ClientError as error:
            raise ModelFault("reset", f"the connection broke: {_reason(error)}") from error
        except OSError as error:
            raise ModelFault("reset", f"the connection broke: {_reason(error)}") from error


def fault_of_status(status: int, headers: Mapping[str, str], payload: bytes) -> ModelFault:
    """The fault that an answer other than 200 stands for; its message is the provider's, cut to 300 characters."""
    code, message = error_in(payload)
    if any(word in code for word in FILTER_CODES):
        return ModelFault("filtered", message or "the provider's content filter", status=status, retryable=False)
    if status in FATAL_STATUS or any(word in code for word in FATAL_CODES):
        reason = FATAL_STATUS.get(status, "the provider refuses this account or model")
        return ModelFault(str(status), f"{reason} (HTTP {status}: {message})", status=status, fatal=True)
    return ModelFault(
        str(status), f"HTTP {status}: {message}", status=status, retryable=status in RETRYABLE_STATUS,
        retry_after=retry_after(headers) if status in (429, 503, 529) else None,
    )  # fmt: skip


def error_in(payload: bytes) -> tuple[str, str]:
    """(code and type, message) of an error body in the shapes providers use; the text itself when it is no JSON."""
    text = payload[:2000].decode("utf-8", "replace")
    try:
        body = json.loads(payload)
    except ValueError:
        return "", " ".join(text.split())[:300]
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return "", error[:300]
    if not isinstance(error, dict):
        return "", text[:300]
    code = " ".join(str(error.get(name) or "") for name in ("code", "type", "status"))
    return code, str(error.get("message") or text)[:300]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait from Retry-After (seconds or an HTTP date) or retry-after-ms; None when absent or unreadable."""
    if (milliseconds := headers.get("retry-after-ms")) is not None:
        try:
            return max(0.0, float(milliseconds) / 1000)
        except ValueError:
            return None
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", None) or error
    return (getattr(inner, "strerror", None) or str(inner) or type(inner).__name__)[:200]
