"""Times the statistics at the sizes that MedOSCE promises, and prints seconds and peak extra memory.

Run: python benchmarks/statistics_speed.py
"""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from medosce import statistics as st


def measure(name: str, work: Callable[[], object]) -> None:
    work()  # warm up: first calls load code
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{name:<62} {seconds:7.3f} s  {peak / 1e6:6.1f} MB  {brief(result)}")


def brief(result: object) -> str:
    if isinstance(result, st.Estimate):
        return f"{result.value:.4f} ({result.low:.4f} to {result.high:.4f})"
    if isinstance(result, st.PairedResult):
        return f"{result.difference:+.4f} ({result.low:+.4f} to {result.high:+.4f}), p = {result.p:.3g}, {result.test}"
    return str(result)


def answers(rng: np.random.Generator, items: int, orders: int, level: float) -> np.ndarray:
    """0/1 of one model: items differ in difficulty, so the orders of an item agree more than chance."""
    ability = np.clip(rng.normal(level, 0.25, items), 0, 1)
    return (rng.random((items, orders)) < ability[:, np.newaxis]).ravel()


def main() -> None:
    rng = np.random.default_rng(20_261)
    items, orders = 12_000, 5
    cluster = np.repeat(np.arange(items), orders)
    a, b = answers(rng, items, orders, 0.60), answers(rng, items, orders, 0.59)
    measure("paired difference, 2 models × 12,000 items × 5 orders", lambda: st.paired_difference(a, b, cluster))
    single = np.arange(items * orders)
    measure("paired difference, 60,000 single rows (McNemar, Tango)", lambda: st.paired_difference(a, b, single))
    gold, chosen = rng.integers(0, 5, items * orders), rng.integers(0, 5, items * orders)
    chosen[a] = gold[a]
    choices = st.choice_counts(gold, chosen, 5, cluster)
    measure("position bias, 12,000 items, many patterns", lambda: st.cluster_bootstrap(choices, st.position_bias))
    confusion = st.confusion_counts(gold, chosen, 5, cluster)
    measure("macro-F1, 12,000 items, many patterns", lambda: st.cluster_bootstrap(confusion, st.macro_f1))
    models = np.stack([answers(rng, items, orders, 0.5 + 0.02 * m) for m in range(8)])
    sums = np.stack([st.cluster_sums(row, cluster)[:, 0] for row in models])
    measure(
        "ranks of 8 models, 12,000 items",
        lambda: [r.value for r in st.rank_intervals(sums, np.full(items, orders))],
    )
    rows = 1_000_000
    big_cluster = np.repeat(np.arange(rows // 5), 5)
    big_a, big_b = answers(rng, rows // 5, 5, 0.7), answers(rng, rows // 5, 5, 0.69)
    measure("clustered proportion, 1,000,000 rows", lambda: st.clustered_proportion(big_a, big_cluster))
    scattered = rng.permutation(rows) // 5 * 1_000_003
    measure(
        "clustered proportion, 1,000,000 rows, scattered group ids", lambda: st.clustered_proportion(big_a, scattered)
    )
    measure(
        "paired difference, 1,000,000 rows in 200,000 groups", lambda: st.paired_difference(big_a, big_b, big_cluster)
    )
    rubric = rng.random((2, 500))
    measure("paired difference, 500 rubric scores", lambda: st.paired_difference(rubric[0], rubric[1], np.arange(500)))


if __name__ == "__main__":
    main()
