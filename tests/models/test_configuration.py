"""medosce.toml and model specs: what they make, and that every mistake names its place; keys stay out of sight."""

from pathlib import Path
from typing import Any

import pytest

from medosce.models.anthropic import AnthropicMessages
from medosce.models.base import Limits, Price
from medosce.models.config import Config, load_config
from medosce.models.gemini import GeminiGenerate
from medosce.models.human import Human
from medosce.models.openai_chat import OpenAIChat
from medosce.models.registry import ModelOptions, make_model, reachable
from medosce.schema.errors import InputError

KEY = "sk-secret-0123456789"
VARIABLES = (
    "OPENAI_API_KEY", "DEEPSEEK_API_KEY", "DASHSCOPE_API_KEY", "QWEN_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "ANTHROPIC_API_KEY",
    "MEDOSCE_COMPAT_API_KEY", "MEDOSCE_CONFIG",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def configured(folder: Path, text: str) -> Config:
    path = folder / "medosce.toml"
    path.write_text(text, "utf-8")
    return load_config(path)


def test_a_named_model_is_made_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    config = configured(
        tmp_path,
        """
        [models.ward]
        provider = "anthropic"
        model = "claude-x"
        base_url = "http://10.0.0.5:8000"
        key_file = "key"
        temperature = false
        max_tokens = 99
        extra = { thinking = { type = "enabled", budget_tokens = 50 } }
        price = { input = 3, output = 15, currency = "CNY" }
        limits = { concurrency = 3, requests_per_minute = 30 }
        """,
    )
    model = make_model("ward", config, ModelOptions())
    assert isinstance(model, AnthropicMessages)
    assert (model.spec, model.model, model.base_url) == ("ward", "claude-x", "http://10.0.0.5:8000")
    assert (model.sampling.temperature, model.sampling.max_tokens) == (None, 99)
    assert (model.price, model.limits) == (Price(3, 15, "CNY"), Limits(3, 30))
    assert model.endpoint._headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[models.a]\nprovider='openai'", "models.a.model: missing"),
        ("[models.a]\nmodel='m'\nprovider='opnai'", "models.a.provider: unknown provider"),
        ("[models.a]\nmodel='m'\nkye='x'", "models.a.kye: unknown key"),
        ("[models.a]\nmodel=3", "models.a.model: wrong type"),
        ("[models.a]\nmodel='m'\nmax_tokens=true", "models.a.max_tokens: wrong type"),
        ("[models.a]\nmodel='m'\nmax_tokens=0", "models.a.max_tokens: must be more"),
        ("[models.a]\nmodel='m'\ntemperature=-1", "models.a.temperature: must be"),
        ("[models.a]\nmodel='m'\ntemperature=true", "models.a.temperature: wrong type"),
        ("[models.a]\nmodel='m'\nprice={input=1}", "models.a.price: needs input and output"),
        ("[models.a]\nmodel='m'\nprice={input=nan,output=1}", "models.a.price.input: must be a number"),
        ("[models.a]\nmodel='m'\nprice={input=1,output=inf}", "models.a.price.output: must be a number"),
        ("[models.a]\nmodel='m'\nlimits={concurrency=0}", "models.a.concurrency: must be more"),
        ("[models.a]\nmodel='m'\nlimits={requests_per_minute=0}", "must be more"),
        ("[models.a]\nmodel='m'\nheaders={x=3}", "models.a.headers.x: expected a text"),
        ("[models.a]\nmodel='m'\nextra={stream=true}", "models.a.extra.stream: is set by MedOSCE"),
        ("models=3", "models: expected tables"),
        ("[models]\na=3", "models.a: expected a table"),
        ("[paths]\ncache=3", "paths.cache: wrong type"),
        ("[modles.a]", "modles: unknown table"),
        ("[models", "not valid TOML"),
    ],
)
def test_every_mistake_names_its_place(text: str, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        configured(tmp_path, text)
    assert str(tmp_path / "medosce.toml") in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "kind", "variable", "url"),
    [
        ("openai:gpt-4o", OpenAIChat, "OPENAI_API_KEY", "https://api.openai.com/v1/chat/completions"),
        ("deepseek:deepseek-chat", OpenAIChat, "DEEPSEEK_API_KEY", "https://api.deepseek.com/chat/completions"),
        (
            "qwen:qwen-max",
            OpenAIChat,
            "QWEN_API_KEY",
            "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
        ),
        ("anthropic:claude-x", AnthropicMessages, "ANTHROPIC_API_KEY", "https://api.anthropic.com/v1/messages"),
        (
            "gemini:gemini-x",
            GeminiGenerate,
            "GOOGLE_API_KEY",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:generateContent",
        ),
    ],
)
def test_hosted_providers_take_their_key_from_the_environment(
    spec: str, kind: Any, variable: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="no key"):
        make_model(spec, Config(), ModelOptions())
    monkeypatch.setenv(variable, f" {KEY}\n")
    model = make_model(spec, Config(), ModelOptions())
    assert type(model) is kind
    assert model.endpoint.url == url  # type: ignore[attr-defined]
    assert any(KEY in value and "\n" not in value for value in model.endpoint._headers.values())  # type: ignore[attr-defined]
    assert KEY not in str(model.identity) + repr(model)


def test_a_person_is_a_model_too() -> None:
    model = make_model("human:dr-li", Config(), ModelOptions())
    assert isinstance(model, Human)
    assert (model.cacheable, model.local, model.identity) == (False, True, {"protocol": "human", "name": "dr-li"})


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{KEY}@10.0.0.5/v1",
        f"https://api.example/v1?key={KEY}",
        "http:///v1",
        "http://host:99999/v1",
        "http://h/v1#x",
        "ftp://h/v1",
        "h/v1",
    ],
)
def test_an_address_that_could_hold_a_secret_or_is_none_is_refused_without_quoting_the_secret(url: str) -> None:
    with pytest.raises(InputError) as caught:
        make_model("compat:m", Config(), ModelOptions(base_url=url))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe\xfa"])
def test_a_key_file_without_a_key_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    config = configured(tmp_path, "[models.a]\nmodel='m'\nprovider='openai'\nkey_file='key'")
    with pytest.raises(InputError, match=r"key: the key file"):
        make_model("a", config, ModelOptions())
    assert [row["ready"] for row in reachable(config) if row["model"] == "a"] == [False]


def test_a_key_with_a_line_break_inside_is_refused_before_it_breaks_a_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\r\nX-Evil: 1")
    with pytest.raises(InputError, match="control character") as caught:
        make_model("openai:m", Config(), ModelOptions())
    assert KEY not in str(caught.value)


def test_an_unknown_model_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="compat:MODEL --base-url URL"):
        make_model("opnai:gpt", Config(), ModelOptions())
