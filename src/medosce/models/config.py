"""medosce.toml: named models with endpoint, key variable, prices and limits; and the default folders.

Read from the working folder, or from the file named by MEDOSCE_CONFIG. Every mistake names its table and key.
"""

import math
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medosce.models.base import Limits, Price
from medosce.schema.errors import InputError

PROVIDERS = ("openai", "deepseek", "qwen", "gemini", "anthropic", "compat", "embedded")
_MODEL_KEYS = {
    "provider": str, "model": str, "base_url": str, "key_variable": str, "key_file": str, "temperature": (int, float, bool),
    "max_tokens": int, "extra": dict, "headers": dict, "price": dict, "limits": dict,
}  # fmt: skip
_PRICE_KEYS = {"input": (int, float), "output": (int, float), "currency": str}
_LIMIT_KEYS = {"concurrency": int, "requests_per_minute": (int, float), "tokens_per_minute": (int, float)}
_PATH_KEYS = {"cache": str}
_OURS = ("model", "messages", "contents", "system", "systemInstruction", "stream")
"""Request fields that `extra` may not set: the answer could not be read, or would be one to another question."""


@dataclass(frozen=True)
class NamedModel:
    """One `[models.NAME]` table. `temperature` False: not sent."""

    name: str
    provider: str
    model: str
    base_url: str | None = None
    key_variable: str | None = None
    key_file: Path | None = None
    temperature: float | None = 0.0
    max_tokens: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    price: Price | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Config:
    """What medosce.toml says; empty when there is none."""

    path: Path | None = None
    models: dict[str, NamedModel] = field(default_factory=dict)
    cache: Path | None = None


def load_config(path: Path | None = None) -> Config:
    """The configuration at `path`, MEDOSCE_CONFIG or ./medosce.toml. Raises InputError naming what is wrong in it."""
    named = path or (Path(os.environ["MEDOSCE_CONFIG"]) if os.environ.get("MEDOSCE_CONFIG") else None)
    file = named or Path("medosce.toml")
    if not file.is_file():
        if named:
            raise InputError("no such file", where=file)
        return Config()
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(f"not valid TOML: {error}", where=file) from error
    unknown = table.keys() - {"models", "paths"}
    if unknown:
        raise InputError(
            "unknown table", where=file, field=sorted(unknown)[0], mend="known are [models.NAME] and [paths]"
        )
    paths, tables = table.get("paths", {}), table.get("models", {})
    _check(file, "paths", paths, _PATH_KEYS)
    if not isinstance(tables, dict):
        raise InputError("expected tables", where=file, field="models", mend="write [models.NAME]")
    models = {name: _named(file, name, entry) for name, entry in tables.items()}
    return Config(file, models, file.parent / paths["cache"] if "cache" in paths else None)


def _named(file: Path, name: str, table: Any) -> NamedModel:
    where = f"models.{name}"
    _check(file, where, table, _MODEL_KEYS)
    provider = table.get("provider", "compat")
    if provider not in PROVIDERS:
        raise InputError(
            f"unknown provider {provider!r}",
            where=file,
            field=f"{where}.provider",
            mend=f"one of {', '.join(PROVIDERS)}",
        )
    if "model" not in table:
        raise InputError("missing", where=file, field=f"{where}.model", mend="the name the endpoint knows it by")
    price = None
    if "price" in table:
        _check(file, f"{where}.price", table["price"], _PRICE_KEYS)
        if not {"input", "output"} <= table["price"].keys():
            raise InputError(
                "needs input and output", where=file, field=f"{where}.price", mend="money per million tokens"
            )
        price = Price(**table["price"])
    _check(file, f"{where}.limits", table.get("limits", {}), _LIMIT_KEYS)
    for name, value in [*table.get("limits", {}).items(), *((k, v) for k, v in table.items() if k == "max_tokens")]:
        if value <= 0:
            raise InputError(
                "must be more than nothing", where=file, field=f"{where}.{name}", mend="leave it out for none"
            )
    for name, value in table.get("headers", {}).items():
        if not isinstance(value, str):
            raise InputError(f"expected a text: {value!r}", where=file, field=f"{where}.headers.{name}")
    for name in table.get("extra", {}):
        if name in _OURS:
            raise InputError("is set by MedOSCE", where=file, field=f"{where}.extra.{name}", mend="leave it out")
    temperature = table.get("temperature", 0.0)
    if temperature is True:
        raise InputError(
            "wrong type: True", where=file, field=f"{where}.temperature", mend="a number, or false to send none"
        )
    return NamedModel(
        name=name, provider=provider, model=table["model"], base_url=table.get("base_url"),
        key_variable=table.get("key_variable"),
        key_file=file.parent / Path(table["key_file"]).expanduser() if "key_file" in table else None,
        temperature=None if temperature is False else float(temperature), max_tokens=table.get("max_tokens"),
        extra=table.get("extra", {}), headers=table.get("headers", {}), price=price, limits=Limits(**table.get("limits", {})),
    )  # fmt: skip


def _check(file: Path, where: str, table: Any, known: dict[str, Any]) -> None:
    if not isinstance(table, dict):
        raise InputError("expected a table", where=file, field=where)
    for key, value in table.items():
        if key not in known:
            raise InputError("unknown key", where=file, field=f"{where}.{key}", mend=f"known are {', '.join(known)}")
        kinds = known[key] if isinstance(known[key], tuple) else (known[key],)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise InputError(f"wrong type: {value!r}", where=file, field=f"{where}.{key}")
        # A price that is no number would compare as less than every budget.
        if isinstance(value, (int, float)) and not (value >= 0 and math.isfinite(value)):
            raise InputError(f"must be a number from 0: {value!r}", where=file, field=f"{where}.{key}")
