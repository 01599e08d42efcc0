"""The study's scale end to end: 12,000 items × 5 option orders × 3 models through the loopback server, with reports and the
comparison. python benchmarks/study_scale.py --tools DIR. Prints the seconds of each part and the size of the joint report.
"""

import argparse
import json
import os
import random
import resource
import tempfile
import time
from pathlib import Path

from asking import CLIENT_CORE, Server

from medosce.schema.dimensions import DIMENSIONS

WORDS = (
    *("patient", "consent", "family", "ward", "nurse", "surgeon", "record", "dose", "protocol", "committee", "trial"),
    *(
        "donor",
        "infection",
        "report",
        "transfer",
        "triage",
        "transfusion",
        "guardian",
        "capacity",
        "privacy",
        "insurance",
    ),
    *("pharmacy", "device", "alarm", "audit", "leave", "refuse", "delay", "inform", "review"),
)


def study_items(path: Path, items: int) -> Path:
    """Items of 20 dimensions with varied wording, about as long as the built-in suite's."""
    draw = random.Random(0)
    with path.open("w") as file:
        for number in range(items):
            question = f"Case {number}: " + " ".join(draw.choices(WORDS, k=40)) + "?"
            options = {letter: f"{' '.join(draw.choices(WORDS, k=8))} {letter}{number}" for letter in "ABCDE"}
            row = {
                "id": f"q{number}", "kind": "single_choice", "language": "en", "question": question, "options": options,
                "answer": draw.choice("ABCDE"), "dimension": list(DIMENSIONS)[number % 20],
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--items", type=int, default=12_000)
    options = parser.parse_args()
    import medosce
    from medosce.reporting import write_joint_report, write_run_report

    os.sched_setaffinity(0, {CLIENT_CORE})
    models = ["compat:model-a", "compat:model-b", "compat:model-c"]
    with tempfile.TemporaryDirectory() as folder, Server(options.tools) as server:
        file = study_items(Path(folder) / "study.jsonl", options.items)
        start = time.perf_counter()
        results = medosce.run(
            file,
            models,
            orders=5,
            base_url=server.url,
            concurrency=128,
            out=Path(folder) / "runs",
            cache=Path(folder) / "cache.sqlite",
        )
        ran = time.perf_counter()
        assert all(result.unresolved == 0 for result in results)
        folders = [result.folder for result in results]
        comparison = medosce.compare(folders)
        compared = time.perf_counter()
        pages = [write_run_report(each) for each in folders]
        joint = write_joint_report(folders, comparison, Path(folder) / "report.html")
        end = time.perf_counter()
        rows = options.items * 5 * len(models)
        print(f"{options.items:,} items × 5 orders × {len(models)} models = {rows:,} rows")
        print(f"  asked, marked and summed up  {ran - start:6.1f} s  ({rows / (ran - start):,.0f} rows/s)")
        print(f"  compared                     {compared - ran:6.1f} s")
        sizes = ", ".join(f"{page.stat().st_size / 1e6:.1f}" for page in [*pages, joint])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"  reports                      {end - compared:6.1f} s  ({sizes} MB)")
        print(f"  in all                       {end - start:6.1f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
