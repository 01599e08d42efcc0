"""What a plan would cost before it is carried out: requests, tokens, price, time, and what the design could show."""

from typing import Any

from medosce.models.base import LOGPROB, Model
from medosce.runner.plan import Plan
from medosce.runner.summary import detectable
from medosce.statistics import expected_half_width

# Byte-level vocabularies spend about 3.6 bytes a token on the Chinese and English of the built-in suite; stated as an estimate.
BYTES_PER_TOKEN = 3.6
PROMPT_OVERHEAD_BYTES = 160
REPLY_TOKENS = 12
ASSUMED_SECONDS = 2.0


def preview(plan: Plan, model: Model, *, done: int = 0) -> dict[str, Any]:
    """A JSON-able record. Tokens are estimates (about 3.6 bytes a token), time assumes 2 s a reply at the concurrency limit."""
    scan = plan.scan
    per_item = plan.settings.orders * plan.settings.repeats
    requests = plan.rows - done
    share = requests / plan.rows if plan.rows else 0.0
    input_tokens = round((scan.prompt_bytes + scan.items * PROMPT_OVERHEAD_BYTES) / BYTES_PER_TOKEN * per_item * share)
    cap = 1 if model.sampling.method == LOGPROB else model.sampling.max_tokens
    price = model.price
    free = model.local or model.identity.get("protocol") == "embedded"
    if model.local:
        input_tokens = cap = 0
    cost = most = None
    if price:
        cost = (input_tokens * price.input + requests * REPLY_TOKENS * price.output) / 1_000_000
        most = (input_tokens * price.input + requests * cap * price.output) / 1_000_000
    half = expected_half_width(scan.groups)
    return {
        "model": model.spec, "folder": str(plan.folder), "run_digest": plan.manifest.run_digest, "items": scan.items,
        "groups": scan.groups, "planned": plan.rows, "requests": requests, "input_tokens": input_tokens,
        "output_tokens_at_most": requests * cap, "cost": cost, "most_cost": most, "free": free,
        "currency": price.currency if price else None,
        "seconds": None if model.local else round(requests * ASSUMED_SECONDS / model.limits.concurrency, 1),
        "half_width": half.value,
        "smallest_detectable_difference": detectable(plan.rows, scan.groups),
    }  # fmt: skip
