"""Near-duplicate texts: character 5-grams, MinHash signatures, banding (LSH), exact Jaccard index of each candidate.

Memory grows by half a kilobyte a text: the sets of 5-grams lie in a temporary file, only their signatures in memory.
"""

import itertools
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

WIDTH = 5
BANDS, ROWS = 32, 4
"""A pair of Jaccard index J shares a band with probability 1 − (1 − J⁴)³²: 0.99999995 at 0.8."""
_HOPELESS = 0.5
"""Candidates whose signatures agree in less than this share are not verified: 8 standard deviations off J = 0.8."""
_SEED = 20250607
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Pair(NamedTuple):
    """Two texts by their place, first < second, and the Jaccard index of their 5-gram sets."""

    first: int
    second: int
    jaccard: float


class NearDuplicates(NamedTuple):
    """`pairs`, at most `limit` of them, in order of place; `total` is the number of all."""

    total: int
    pairs: list[Pair]


def shingles(parts: Sequence[str]) -> set[str]:
    """The character 5-grams of each part, folded (see `fold`); a shorter part is one itself.

    Parts are apart, so that the order of options makes no difference.
    """
    found: set[str] = set()
    for part in parts:
        text = fold(part)
        if text:
            found.update(text[at : at + WIDTH] for at in range(max(1, len(text) - WIDTH + 1)))
    return found


def fold(text: str) -> str:
    """NFKC, case folded, without white space: what two texts are compared by."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class NearDuplicateFinder:
    """Takes texts one by one, then finds every pair with a Jaccard index of at least `threshold` (at least 0.7).

    Texts of one `unit` never pair. The sets are compared by 64-bit hashes of their 5-grams.
    """

    def __init__(self, threshold: float = 0.8) -> None:
        if not 0.7 <= threshold <= 1:
            raise ValueError("the banding finds pairs from 0.7 on")
        self.threshold = threshold
        rng = np.random.default_rng(_SEED)
        self._factors = rng.integers(1, 1 << 63, (BANDS * ROWS, 1), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        self._offsets = rng.integers(0, 1 << 63, (BANDS * ROWS, 1), dtype=np.uint64)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._bounds = [0]
        self._signatures: list[NDArray[np.uint32]] = []
        # Texts of one and the same set stand behind one representative, so that 1,000 copies are not 499,500 pairs.
        self._sets: dict[bytes, int] = {}
        self._members: list[list[int]] = []
        self._units: list[str] = []

    def __enter__(self) -> "NearDuplicateFinder":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, parts: Sequence[str], unit: str) -> None:
        """The next text, in its parts, and the unit it belongs to. A text without a character is never a duplicate."""
        place = len(self._units)
        self._units.append(unit)
        hashes = _hashes(parts)
        if not len(hashes):
            return
        key = hashes.tobytes()
        digest = _digest(key)
        at = self._sets.setdefault(digest, len(self._members))
        if at < len(self._members):
            self._members[at].append(place)
            return
        self._members.append([place])
        self._file.write(key)
        self._bounds.append(self._bounds[-1] + len(hashes))
        self._signatures.append(self._signature(hashes))

    def _signature(self, hashes: "Hashes") -> "NDArray[np.uint32]":
        """MinHash by 128 multiply-add-shift functions."""
        least = np.full(BANDS * ROWS, np.iinfo(np.uint32).max, dtype=np.uint32)
        for begin in range(0, len(hashes), 1024):
            mixed = (self._factors * hashes[begin : begin + 1024] + self._offsets) >> np.uint64(32)
            np.minimum(least, mixed.min(axis=1).astype(np.uint32), out=least)
        return least

    def find(self, limit: int = 1000) -> NearDuplicates:
        """Every pair counted, the first `limit` listed."""
        total = 0
        pairs: list[Pair] = []
        for first, second, jaccard in self._similar_sets():
            total += self._cross(first, second)
            if len(pairs) < 4 * limit:
                pairs += self._pairs(first, second, jaccard, limit)
        return NearDuplicates(total, sorted(pairs)[:limit])

    def _similar_sets(self) -> Iterator[tuple[int, int, float]]:
        for at, members in enumerate(self._members):
            if len(members) > 1:
                yield at, at, 1.0
        if len(self._members) < 2:
            return
        self._file.flush()
        sets = np.memmap(self._file, dtype=np.uint64, mode="r")
        for first, second in self._candidates():
            jaccard = _jaccard(self._set(sets, first), self._set(sets, second))
            if jaccard >= self.threshold:
                yield first, second, jaccard

    def _set(self, sets: Any, at: int) -> "Hashes":
        return np.asarray(sets[self._bounds[at] : self._bounds[at + 1]])

    def _candidates(self) -> list[tuple[int, int]]:
        """Pairs of sets that share a band, and enough of their signature and size to be worth verifying; in order."""
        signatures = np.stack(self._signatures)
        sizes = np.diff(np.asarray(self._bounds))
        total = len(signatures)
        found: set[int] = set()
        for band in range(BANDS):
            columns = np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS])
            keys = columns.view(np.dtype((np.void, columns.itemsize * ROWS))).ravel()
            order = np.argsort(keys, kind="stable")
            ordered = keys[order]
            edges = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1], [True])))
            for begin, end in itertools.pairwise(edges):
                bucket = order[begin:end]
                for place in range(len(bucket) - 1):
                    one, others = bucket[place], bucket[place + 1 :]
                    small = np.minimum(sizes[others], sizes[one])
                    others = others[small >= self.threshold * np.maximum(sizes[others], sizes[one]) - 1e-9]
                    others = others[(signatures[others] == signatures[one]).mean(axis=1) >= _HOPELESS]
                    found.update((np.minimum(others, one) * total + np.maximum(others, one)).tolist())
        return [divmod(pair, total) for pair in sorted(found)]

    def _cross(self, first: int, second: int) -> int:
        """Number of text pairs between (or within) two sets' members that are not of one unit."""
        units = Counter(self._units[place] for place in self._members[first])
        size = len(self._members[first])
        if first == second:
            return (size * (size - 1) - sum(n * (n - 1) for n in units.values())) // 2
        others = Counter(self._units[place] for place in self._members[second])
        return size * len(self._members[second]) - sum(n * others[unit] for unit, n in units.items())

    def _pairs(self, first: int, second: int, jaccard: float, limit: int) -> list[Pair]:
        pairs: list[Pair] = []
        for place, one in enumerate(self._members[first]):
            for other in self._members[first][place + 1 :] if first == second else self._members[second]:
                if self._units[one] != self._units[other]:
                    pairs.append(Pair(min(one, other), max(one, other), jaccard))
                    if len(pairs) == limit:
                        return pairs
        return pairs


def _hashes(parts: Sequence[str]) -> "Hashes":
    """Sorted 64-bit hashes of `shingles(parts)`, without repeats."""
    found = []
    for part in parts:
        text = fold(part)
        if not text:
            continue
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
        width = min(WIDTH, len(codes))
        hashed = np.full(len(codes) - width + 1, np.uint64(width))
        for at in range(width):
            hashed = _mix(hashed * _MULTIPLIER + codes[at : len(codes) - width + 1 + at])
        found.append(hashed)
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.uint64)


def _mix(value: "Hashes") -> "Hashes":
    """The finalizer of SplitMix64."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def _digest(data: bytes) -> bytes:
    import hashlib

    return hashlib.blake2b(data, digest_size=16).digest()


def _jaccard(one: "Hashes", other: "Hashes") -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return float(shared / (len(one) + len(other) - shared))
