"""Every test here works in a folder of its own, with a cache of its own and no keys."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDOSCE_CACHE", str(tmp_path / "cache" / "responses.sqlite"))
    for name in ("MEDOSCE_CONFIG", "MEDOSCE_COMPAT_API_KEY", "OPENAI_API_KEY", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
