"""The report's account of how a run was made: settings, digests, usage, faults met and models that answered.

Values are shown as they stand in run.json and summary.json; names come from the locales where they are known.
"""

import json
from typing import Any

from medosce.reporting.numbers import count
from medosce.reporting.source import ReportRun
from medosce.reporting.view import cost_of, wall_of
from medosce.reporting.words import Both, named, same, t

_SECRET = ("key", "token", "secret", "password", "authorization")
Entry = tuple[Both, Both, bool]
"""(name, value, whether it is code: a digest, a path)."""


def sections(run: ReportRun) -> list[tuple[Both, list[Entry]]]:
    """Titled lists of settings, in the order in which a reader checks them."""
    manifest, summary = run.manifest, run.summary
    what = [
        _entry("suite", manifest.suite.get("name")),
        _entry("suite_digest", manifest.suite.get("digest") or summary.get("suite_digest"), True),
        _entry("canary", manifest.suite.get("canary"), True),
        _entry("items", count(manifest.items)),
        _entry("planned", count(manifest.planned)),
        *(_entry(f"validation.{status}", count(n)) for status, n in (summary.get("validation") or {}).items()),
        _entry("prompt", manifest.prompt.get("name")),
        _entry("prompt_digest", manifest.prompt.get("digest"), True),
        _entry("run_digest", manifest.run_digest, True),
        _entry("created", manifest.created),
    ]
    return [
        (t("settings.exam"), _present(what)),
        (
            t("settings.model"),
            _present([_entry(k, _value(v), _long(v)) for k, v in manifest.model.items() if not _secret(k)]),
        ),
        (
            t("settings.sampling"),
            _present([_entry(k, _value(v)) for k, v in manifest.settings.items() if not _secret(k)]),
        ),
        (t("settings.running"), _present(_running(summary))),
        (t("settings.software"), [(same(name), same(version), False) for name, version in manifest.software.items()]),
    ]


def returned(summary: dict[str, Any]) -> list[dict[str, str]]:
    """The model names and fingerprints that the provider returned, with counts."""
    return [
        {"model": str(r.get("model") or "–"), "fingerprint": str(r.get("fingerprint") or "–"), "n": count(r.get("n"))}
        for r in summary.get("returned") or []
    ]


def faults(summary: dict[str, Any]) -> list[tuple[Both, str]]:
    """Transport faults met on the way, the most frequent first."""
    met = sorted((summary.get("faults") or {}).items(), key=lambda pair: -pair[1])
    return [(named("fault", str(kind)), count(n)) for kind, n in met]


def _running(summary: dict[str, Any]) -> list[Entry]:
    usage = summary.get("usage") or {}
    entries = [(t("setting.wall"), wall_of(summary), False), (t("setting.cost"), cost_of(summary), False)]
    for name in ("requests", "tries", "cached", "input_tokens", "output_tokens", "reasoning_tokens"):
        if usage.get(name) is not None:
            entries.append(_entry(name, count(usage[name])))
    if dropped := summary.get("dropped_parameters"):
        entries.append(_entry("dropped_parameters", ", ".join(map(str, dropped))))
    judge = usage.get("judge") or {}
    entries += (_entry(f"judge.{name}", count(n)) for name, n in judge.items() if isinstance(n, int | float))
    return entries


def _entry(name: str, value: Any, code: bool = False) -> Entry:
    return named("setting", name), value if isinstance(value, Both) else same("" if value is None else value), code


def _present(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry[1].en]


def _value(value: Any) -> Both:
    if value in (None, "", [], {}):
        return t("value.unset")
    if isinstance(value, bool):
        return t("value.yes" if value else "value.no")
    return same(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _long(value: Any) -> bool:
    return isinstance(value, str) and len(value) >= 32 and " " not in value


def _secret(name: str) -> bool:
    # Secrets never reach a manifest; should a future field carry one, the report still does not show it.
    return any(name.lower() == word or name.lower().endswith(f"_{word}") for word in _SECRET)
