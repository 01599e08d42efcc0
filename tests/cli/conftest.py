"""The command in a folder of its own: `medosce(...)` runs it in this process, `PROCESS` says how to start it in another."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# The exams of tests/runner.
sys.path.insert(0, str(Path(__file__).parents[1] / "runner"))
_KEYS = ("MEDOSCE_COMPAT_API_KEY", "OPENAI_API_KEY", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY", "QWEN_API_KEY", "GEMINI_API_KEY")


@dataclass
class Ended:
    """What the command printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON object and nothing else."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    def refused(self, *words: str) -> "Ended":
        """Exit code 2, one line on standard error that holds these words, no traceback."""
        assert self.code == 2, self
        assert self.err.startswith("medosce: ") and self.err.count("\n") == 1, self.err
        assert all(word in self.err for word in words), self.err
        assert self.out == ""
        return self


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDOSCE_CACHE", str(tmp_path / "cache" / "responses.sqlite"))
    monkeypatch.setenv("MEDOSCE_LANG", "en")
    for name in ("MEDOSCE_CONFIG", "GOOGLE_API_KEY", "ANTHROPIC_API_KEY", *_KEYS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def medosce(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """The command's entry point, in this process."""
    from medosce.cli.main import main

    def call(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["medosce", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        code = caught.value.code
        return Ended(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call


@pytest.fixture
def process() -> Callable[..., Ended]:
    """The command as a process of its own."""

    def call(*arguments: object, **environment: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "medosce.cli.main", *map(str, arguments)], env={**os.environ, **environment}, capture_output=True,
            text=True, timeout=60,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr)

    return call
