"""The hard budget: a request is sent only when its dearest outcome still fits.

Each request reserves its worst case (input estimated from above, output at its cap); the reservation is replaced by
what it cost. When nothing is in flight and the next request does not fit, asking stops.
"""

from medosce.models.base import Price
from medosce.schema.records import Usage


def most_input_tokens(request: bytes) -> int:
    """An upper bound of a request's tokens: byte-level vocabularies never spend more than one token a byte."""
    return len(request)


class Budget:
    """Money for one run. `spent` starts with what earlier sessions of the run cost; `limit` None means no limit."""

    def __init__(self, price: Price | None, limit: float | None, spent: float = 0.0) -> None:
        self.price, self.limit, self.spent, self.reserved = price, limit, spent, 0.0

    def reserve(self, request: bytes, max_tokens: int) -> float | None:
        """The amount set aside for one request, or None when it does not fit beside what is spent and in flight."""
        if self.price is None or self.limit is None:
            return 0.0
        amount = self.price.cost(Usage(most_input_tokens(request), max_tokens))
        if self.spent + self.reserved + amount > self.limit:
            return None
        self.reserved += amount
        return amount

    def settle(self, reserved: float, usage: Usage | None) -> None:
        """Replace a reservation by what the request cost (None: it brought no answer)."""
        self.reserved = max(0.0, self.reserved - reserved)
        if usage is not None and self.price is not None:
            self.spent += self.price.cost(usage)
