"""`medosce data`: import other people's formats, validate an items file, show what it holds.

Results go to standard output, progress to standard error. Faulty input ends in one line and exit code 2.
"""

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click

from medosce.schema.errors import InputError
from medosce.schema.items import encode_item
from medosce.schema.items_file import check_items
from medosce.suites.importers import IMPORTERS, ImportOptions, ImportReport, imported
from medosce.suites.output import atomic_output

_FORMATS = "\b\nFormats:\n" + "\n".join(f"  {name:<12} {importer.about['en']}" for name, importer in IMPORTERS.items())
_FILE = click.Path(path_type=Path)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


class _Progress:
    """A running count on standard error: in place on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, what: str) -> None:
        self._what, self._terminal = what, sys.stderr.isatty()
        self._pause = 0.2 if self._terminal else 10.0
        self._next = time.monotonic() + (1.0 if self._terminal else 10.0)
        self._shown = False

    def __call__(self, count: int) -> None:
        if count % 256 or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._pause
        self._shown = True
        click.echo(f"\r{self._what}: {count:,}" if self._terminal else f"{self._what}: {count:,}", err=True, nl=not self._terminal)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown and self._terminal:
            click.echo("\r\x1b[K", err=True, nl=False)


@click.group()
def data() -> None:
    """Import, check and describe items files.

    \b
    Examples:
      medosce data import cmexam val.csv -o cmexam.jsonl
      medosce data validate cmexam.jsonl
      medosce data stats cmexam.jsonl
    """


@data.command("import", epilog=_FORMATS)
@click.argument("format", type=click.Choice(list(IMPORTERS)), metavar="FORMAT")
@click.argument("source", type=_FILE)
@click.option("-o", "--out", required=True, type=_FILE, help="The items file to write.")
@click.option("--map", "columns", default="", metavar="FIELD=COLUMN,…", help="jsonl, csv: which column holds which field.")
@click.option("--language", help="jsonl, csv: language of the questions, such as zh or en.")
@click.option("--licence", help="jsonl, csv: licence of the questions.")
@click.option("--source", "origin", help="jsonl, csv: where the questions come from, in words.")
@click.option("--encoding", default="utf-8", show_default=True, help="csv: encoding of the file, such as gb18030.")
@click.option("--key-from", type=click.IntRange(0, 1), help="jsonl, csv: keys are numbers, the first option being 0 or 1.")
@click.option("--force", is_flag=True, help="Replace the items file if it exists.")
@_json_option
def import_(
    format: str, source: Path, out: Path, columns: str, language: str | None, licence: str | None, origin: str | None,
    encoding: str, key_from: int | None, force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write an items file from SOURCE, a file or folder in FORMAT.

    Rows that are no sound question (no key, two equal options, …) are skipped and counted by reason.

    \b
    Examples:
      medosce data import medbench MedBench_v4/ -o medbench.jsonl
      medosce data import medqa medxpertqa/eval/data -o medqa.jsonl
      medosce data import csv exam.csv -o exam.jsonl --language zh --licence internal \\
        --map question=题干,A=选项A,B=选项B,C=选项C,D=选项D,answer=答案,rationale=解析
    """
    from medosce.suites.importers.mapped import parse_map

    options = ImportOptions(
        language=language, licence=licence, source=origin, columns=parse_map(columns), encoding=encoding, key_from=key_from
    )
    report, keyless = options.report, 0
    with atomic_output(out, force=force) as file, _Progress("items written") as progress:
        for item in imported(IMPORTERS[format], source, options):
            file.write(encode_item(item) + b"\n")
            keyless += not item.answer
            progress(report.written)
        if not report.written:
            reasons = "; ".join(f"{count} × {reason}" for reason, count in report.skipped.most_common()) or "it has no rows"
            raise InputError(f"no row of it can be imported: {reasons}", where=source)
    if as_json:
        _print_json(
            {"format": 1, "importer": format, "out": str(out), "written": report.written, "without_key": keyless,
             "skipped": dict(report.skipped), "places": report.examples, "notes": report.notes}
        )  # fmt: skip
    else:
        _print_report(report, out, keyless)


def _print_report(report: ImportReport, out: Path, keyless: int) -> None:
    click.echo(f"wrote {report.written:,} items to {out}")
    for reason, count in report.skipped.most_common():
        places = report.examples.get(reason, [])
        more = ", …" if len(places) < count and len(places) > 1 else ""
        click.echo(f"skipped {count:,}: {reason}" + (f" ({', '.join(places)}{more})" if places else ""))
    for note in report.notes:
        click.echo(f"note: {note}")
    if keyless:
        click.echo(f"note: {keyless:,} items have no key: validate them with --blank-answers; they can be answered, not marked")


@data.command()
@click.argument("file", type=_FILE)
@click.option("--blank-answers", is_flag=True, help="Items may lack a key: they are for a submission.")
@_json_option
@click.pass_context
def validate(context: click.Context, file: Path, blank_answers: bool, as_json: bool) -> None:
    """Name every fault of an items FILE, one a line; exit code 2 when there is one.

    \b
    Examples:
      medosce data validate items.jsonl
      medosce data validate medbench.jsonl --blank-answers
    """
    rows, faults = check_items(file, blank_answers=blank_answers)
    if not rows:
        raise InputError("holds no item", where=file, mend="one JSON object a line")
    if as_json:
        listed = [{"line": line, **fault._asdict()} for line, fault in faults]
        _print_json({"format": 1, "file": str(file), "rows": rows, "faults": listed})
    else:
        for fault in faults:
            click.echo(f"{file}:{fault}")
        lines = len({fault.line for fault in faults})
        click.echo(f"{file}: {rows:,} items, {len(faults):,} faults on {lines:,} lines" if faults else f"{file}: {rows:,} items, no fault")
    if faults:
        context.exit(2)


@data.command()
@click.argument("file", type=_FILE)
@click.option("--pairs", default=20, show_default=True, type=click.IntRange(0), help="How many near-duplicate pairs to print.")
@_json_option
def stats(file: Path, pairs: int, as_json: bool) -> None:
    """Describe an items FILE: counts, balance of the keys, lengths, near-duplicates.

    The longest-option share is what always picking the longest option would score. Near-duplicates share at least 80 % of
    their character 5-grams; rows of one group do not count.

    \b
    Examples:
      medosce data stats items.jsonl
      medosce data stats items.jsonl --json > statistics.json
    """
    from medosce.suites.item_statistics import item_statistics

    with _Progress("items read") as progress:
        found = item_statistics(file, progress)
    if as_json:
        _print_json(found)
    else:
        click.echo("\n".join(_described(found, pairs)))


def _described(found: dict[str, Any], pairs: int) -> list[str]:
    lines = [f"items            {found['items']:,} in {found['groups']:,} groups"]
    for name in ("kinds", "languages", "validation", "dimensions"):
        lines.append(f"{name:<16} " + ", ".join(f"{value} {count:,}" for value, count in found[name].items()))
    answers = found["answers"]
    if answers["blank"]:
        lines.append(f"{'without a key':<16} {answers['blank']:,}")
    if answers["positions"]:
        shares = ", ".join(f"{letter} {entry['share']:.1%} (even: {entry['expected']:.1%})" for letter, entry in answers["positions"].items())
        furthest = answers["largest_deviation"]
        lines.append(f"{'key position':<16} {shares}")
        lines.append(f"{'':<16} furthest from even: {furthest['letter']}, {100 * furthest['deviation']:+.1f} points")
        lines.append(f"{'longest option':<16} is the key in {found['longest_option']['share']:.1%} of {found['longest_option']['n']:,}")
    for name in ("question_length", "option_length"):
        if found[name]["max"] is not None:
            lines.append(f"{name.replace('_', ' '):<16} " + ", ".join(f"{quantile} {value:,}" for quantile, value in found[name].items()))
    near = found["near_duplicates"]
    lines.append(f"{'near-duplicates':<16} {near['pairs']:,} pairs")
    lines += [f"  {pair['jaccard']:.2f}  {pair['a']}  {pair['b']}" for pair in near["listed"][:pairs]]
    if near["pairs"] > pairs:
        lines.append(f"  … {near['pairs'] - pairs:,} more: --pairs N, or --json for up to {len(near['listed']):,}")
    return lines


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
