"""HTTP to a model endpoint: one connection pool, status codes and broken answers turned into `ModelFault`.

Knows nothing of any provider's message format; retries belong to the engine.
"""

import email.utils
import ipaddress
import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any

from medosce.models.base import ModelFault
from medosce.schema.errors import InputError

RETRYABLE_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
FATAL_STATUS = {
    401: "the key was refused",
    402: "the account has no balance",
    403: "the key has no access to this model",
    404: "no such model or address",
}
FATAL_CODES = ("insufficient_quota", "model_not_found", "invalid_api_key", "api_key_invalid", "arrearage")
FATAL_MESSAGES = ("credit balance is too low",)
FILTER_CODES = (
    "content_filter", "data_inspection_failed", "datainspectionfailed", "content_policy_violation",
    "responsibleaipolicyviolation", "sensitivecontentdetected",
)  # fmt: skip
FILTER_MESSAGES = ("blocked by content filtering policy",)


class Endpoint:
    """POSTs JSON bytes to one address, with kept-alive connections. Secrets live in `headers` only.

    `secrets` are the header values that no answer may carry back to us: some endpoints quote a refused key in full.
    """

    def __init__(self, url: str, headers: Mapping[str, str], *, secrets: Iterable[str] = ()) -> None:
        self.url = url
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        # Of "Bearer KEY" the key alone is secret; what is shorter than a key would be struck out of ordinary text.
        words = {secret.rpartition(" ")[2] for secret in secrets}
        self._secrets = [word.encode() for word in words if len(word) >= 8]
        self._proxy = proxy_for(url)
        self._session: Any = None

    async def open(self) -> None:
        import aiohttp
        import yarl

        try:
            self._address = yarl.URL(self.url)
        except ValueError as error:
            raise InputError(f"{self.url!r} is not a usable address", field="--base-url") from error
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, enable_cleanup_closed=False),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=15),
            headers=self._headers,
            # No endpoint needs cookies, and a jar is searched for every request.
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, body: bytes) -> bytes:
        """The answer's bytes. Raises ModelFault for every other end; the engine bounds the time."""
        import aiohttp

        try:
            # A redirect is not followed: it would carry the key to an address that nobody named.
            async with self._session.post(self._address, data=body, proxy=self._proxy, allow_redirects=False) as answer:
                payload: bytes = await answer.read()
                for secret in self._secrets:
                    payload = payload.replace(secret, b"[key]")
                if answer.status == 200:
                    return payload
                raise fault_of_status(answer.status, answer.headers, payload)
        except aiohttp.ConnectionTimeoutError as error:
            raise ModelFault("connect", f"no connection to {self.url} in 15 s") from error
        except aiohttp.ClientConnectorError as error:
            raise ModelFault("connect", f"cannot connect to {self.url}: {_reason(error)}") from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise ModelFault("connect", f"{self.url} cannot be asked: {error}", fatal=True) from error
        except aiohttp.ClientError as error:
            raise ModelFault("reset", f"the connection broke: {_reason(error)}") from error
        except OSError as error:
            raise ModelFault("reset", f"the connection broke: {_reason(error)}") from error


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address; never one for this machine. Looked up once: aiohttp's own
    `trust_env` reads the environment and ~/.netrc again for every request."""
    parts = urllib.parse.urlsplit(url)
    if is_loopback(url) or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    proxy = urllib.request.getproxies().get(parts.scheme)
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def is_loopback(url: str) -> bool:
    """Whether an address is this machine itself."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def fault_of_status(status: int, headers: Mapping[str, str], payload: bytes) -> ModelFault:
    """The fault that an answer other than 200 stands for; its message is the provider's, cut to 300 characters."""
    code, message = error_in(payload)
    code, lowered = code.lower(), message.lower()
    if any(word in code for word in FILTER_CODES) or any(words in lowered for words in FILTER_MESSAGES):
        return ModelFault("filtered", message or "the provider's content filter", status=status, retryable=False)
    refused = any(word in code for word in FATAL_CODES) or any(words in lowered for words in FATAL_MESSAGES)
    if status in FATAL_STATUS or refused:
        reason = FATAL_STATUS.get(status, "the provider refuses this account or model")
        return ModelFault(str(status), f"{reason} (HTTP {status}: {message})", status=status, fatal=True)
    if 300 <= status < 400:
        place = headers.get("Location", "another address")
        return ModelFault(str(status), f"the address redirects to {place}; name that one", status=status, fatal=True)
    wait = retry_after(headers)
    return ModelFault(
        str(status), f"HTTP {status}: {message}", status=status, retryable=status in RETRYABLE_STATUS,
        retry_after=retry_delay(payload) if wait is None else wait,
    )  # fmt: skip


def error_in(payload: bytes) -> tuple[str, str]:
    """(code, type, status and reasons; message) of an error body as providers write it; the text when it is no JSON."""
    text = " ".join(payload[:2000].decode("utf-8", "replace").split())[:300]
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        return "", text
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return "", error[:300]
    if not isinstance(error, dict):
        return "", text
    details = error.get("details")
    details = [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
    words = [error.get(name) for name in ("code", "type", "status")] + [detail.get("reason") for detail in details]
    code = " ".join(str(word or "") for word in words)
    return code, str(error.get("message") or text)[:300]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait from retry-after-ms or Retry-After (seconds or an HTTP date); None when absent or unreadable."""
    for name, unit in (("retry-after-ms", 1000), ("Retry-After", 1)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    try:
        return max(0.0, email.utils.parsedate_to_datetime(headers["Retry-After"]).timestamp() - time.time())
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


_RETRY_DELAY = re.compile(rb'"retryDelay"\s*:\s*"([0-9]+(?:\.[0-9]+)?)s"')


def retry_delay(payload: bytes) -> float | None:
    """Seconds to wait from the `RetryInfo` that Google puts into the body in place of a header."""
    found = _RETRY_DELAY.search(payload)
    return float(found[1]) if found else None


def _reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", None) or error
    return (getattr(inner, "strerror", None) or str(inner) or type(inner).__name__)[:200]
