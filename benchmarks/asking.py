"""How fast the engine asks, as ratios measured in one run: python benchmarks/asking.py --tools DIR [--items 10000] [--peers]

DIR holds mock_llm.py (a loopback model server) and, for --peers, peer_inspect.py and peer_lmeval.sh. Client and server are
pinned to one core each. --inspect-python and --lmeval-bin name the peers' own environments; a peer that is not named is
skipped, and the output says so. Nothing leaves 127.0.0.1.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLIENT_CORE, SERVER_CORE = 0, 1


def items_file(path: Path, items: int) -> Path:
    """The peers' own question, numbered, as an items file."""
    with path.open("w") as file:
        for number in range(items):
            options = {
                "A": f"respect the decision ({number})",
                "B": "override it",
                "C": "call security",
                "D": "discharge",
            }
            question = f"Case {number}: a competent adult declines a transfusion. What should the physician do first?"
            row = {
                "id": f"q{number}",
                "kind": "single_choice",
                "language": "en",
                "question": question,
                "options": options,
                "answer": "A",
            }
            file.write(json.dumps(row) + "\n")
    return path


class Server:
    """mock_llm.py on its own core and a free port."""

    def __init__(self, tools: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), sys.executable, str(tools / "mock_llm.py"), *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.url = self.process.stdout.readline().split(" on ")[1].strip()

    @property
    def port(self) -> str:
        match = re.search(r":(\d+)/", self.url)
        assert match
        return match[1]

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


async def bare_loop(url: str, items: int, concurrency: int) -> float:
    """Seconds for the same bodies through aiohttp, built as they are sent, nothing parsed or kept: the floor."""
    import aiohttp

    system = "You are sitting a medical examination. Choose the single best option. Reply with its letter only."

    def body(number: int) -> bytes:
        question = f"Case {number}: a competent adult declines a transfusion. What should the physician do first?"
        options = f"A. respect the decision ({number})\nB. override it\nC. call security\nD. discharge"
        messages = [{"role": "system", "content": system}, {"role": "user", "content": f"{question}\n{options}"}]
        return json.dumps({"model": "mock", "messages": messages, "max_tokens": 4096, "temperature": 0.0}).encode()

    bodies = (body(number) for number in range(items))

    async def work(session: aiohttp.ClientSession) -> None:
        for each in bodies:
            async with session.post(
                f"{url}/chat/completions", data=each, headers={"Content-Type": "application/json"}
            ) as answer:
                await answer.read()

    start = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(work(session) for _ in range(concurrency)))
    return time.perf_counter() - start


def medosce_run(url: str, file: Path, concurrency: int) -> tuple[float, float]:
    """(seconds of medosce.run: scan, plan, ask, journal, cache, extract, score, summary; seconds of asking alone)."""
    import medosce

    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        (result,) = medosce.run(
            file,
            "compat:mock",
            base_url=url,
            concurrency=concurrency,
            out=Path(out) / "run",
            cache=Path(out) / "cache.sqlite",
        )
        seconds = time.perf_counter() - start
        assert result.unresolved == 0, result.summary["outcomes"]
        return seconds, result.summary["wall_seconds"]


def peer_inspect(python: str, tools: Path, items: int, concurrency: int, port: str) -> float | None:
    """inspect_ai's own items/s."""
    done = subprocess.run(
        ["taskset", "-c", str(CLIENT_CORE), python, str(tools / "peer_inspect.py"), str(items), str(concurrency), port],
        capture_output=True, text=True, timeout=1800,
    )  # fmt: skip
    found = re.search(r"success: (\d+) items/s", done.stdout)
    return float(found[1]) if found else None


def peer_lmeval(binaries: str, tools: Path, items: int, concurrency: int, port: str) -> float | None:
    """lm-evaluation-harness's request loop, from its progress bar."""
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["taskset", "-c", str(CLIENT_CORE), "bash", str(tools / "peer_lmeval.sh"), str(items), str(concurrency), port],
        capture_output=True, text=True, timeout=1800, env=environment,
    )  # fmt: skip
    bars = re.findall(r"Requesting API: 100%[^\r\n]*?([\d.]+)it/s", done.stdout + done.stderr)
    return float(bars[-1]) if bars else None


def against(name: str, rate: float | None, our: float, ask: float) -> str:
    """One line of the table; says so when the peer printed no figure."""
    if not rate:
        return f"  {name:<18}  no figure"
    return f"  {name:<18}  {rate:6.0f} items/s   medosce is {our / rate:.1f} times as fast, its asking {ask / rate:.1f} times"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--inspect-python")
    parser.add_argument("--lmeval-bin")
    options = parser.parse_args()
    os.sched_setaffinity(0, {CLIENT_CORE})
    with tempfile.TemporaryDirectory() as folder:
        file = items_file(Path(folder) / "items.jsonl", options.items)
        with Server(options.tools) as server:
            floors, ours, alone = [], [], []
            for _ in range(options.rounds):
                floors.append(options.items / asyncio.run(bare_loop(server.url, options.items, 128)))
                whole, asking = medosce_run(server.url, file, 128)
                ours.append(options.items / whole)
                alone.append(options.items / asking)
            floor, our, ask = (statistics.median(rates) for rates in (floors, ours, alone))
            print(f"0 ms, concurrency 128, {options.items} items, median of {options.rounds}")
            print(f"  bare aiohttp loop   {floor:7.0f} items/s")
            print(f"  medosce             {our:7.0f} items/s   {our / floor:.0%} of the floor")
            print(f"  medosce, asking     {ask:7.0f} items/s   journal and cache included, marking left out")
            if options.lmeval_bin:
                rate = peer_lmeval(options.lmeval_bin, options.tools, options.items, 128, server.port)
                print(against("lm-eval loop", rate, our, ask))
            else:
                print("  lm-eval             skipped (--lmeval-bin)")
            if options.inspect_python:
                rate = peer_inspect(options.inspect_python, options.tools, 1000, 128, server.port)
                print(against("inspect_ai", rate, our, ask))
            else:
                print("  inspect_ai          skipped (--inspect-python)")
        with Server(options.tools, "--latency-ms", "200") as server:
            rate = options.items / medosce_run(server.url, file, 256)[0]
            print(f"200 ms, concurrency 256: {rate:.0f} items/s, {rate / 1280:.0%} of the ideal 1280/s")


if __name__ == "__main__":
    main()
