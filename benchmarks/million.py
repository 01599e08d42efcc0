"""Peak memory at scale: python benchmarks/million.py --tools DIR [--items 1000000]. Prints seconds, peak memory and bytes an item.

Each size runs in a process of its own against the loopback server, so that peaks do not mix; growth is the difference of the
two peaks over the difference of the two sizes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from asking import CLIENT_CORE, Server, items_file, medosce_run


def measure(url: str, items: int) -> dict[str, float]:
    """Seconds and peak resident bytes of one run in this process."""
    with tempfile.TemporaryDirectory() as folder:
        file = items_file(Path(folder) / "items.jsonl", items)
        start = time.perf_counter()
        medosce_run(url, file, 128)
        return {
            "seconds": time.perf_counter() - start,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--child", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.sched_setaffinity(0, {CLIENT_CORE})
    if options.child:
        print(json.dumps(measure(options.child, options.items)))
        return
    found = {}
    with Server(options.tools) as server:
        for items in (options.items // 10, options.items):
            command = [
                sys.executable,
                __file__,
                "--tools",
                str(options.tools),
                "--child",
                server.url,
                "--items",
                str(items),
            ]
            found[items] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            result = found[items]
            print(f"{items:9,} items: {result['seconds']:7.1f} s, peak {result['peak'] / 1e6:6.1f} MB", flush=True)
    few, many = found
    growth = (found[many]["peak"] - found[few]["peak"]) / (many - few)
    print(f"growth: {growth:.0f} bytes an item")


if __name__ == "__main__":
    main()
