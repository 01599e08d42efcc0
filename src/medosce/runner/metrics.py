"""The metrics of choice questions over any part of a run, each with n, interval, method and ledger bounds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medosce.runner.tally import Rows
from medosce.statistics import (
    Estimate,
    bounds,
    choice_patterns,
    cluster_bootstrap,
    clustered_proportion,
    consistency,
    position_bias,
    strict_units,
)  # fmt: skip

Mask = NDArray[np.bool_]


def choice_metrics(rows: Rows, part: Mask, *, position: bool = False) -> dict[str, Any]:
    """accuracy, accuracy_of_answered, and where rows repeat a question strict_accuracy and consistency; for `position`
    also position_bias. `part` (n,) selects rows; rows without a key are left out. Empty for a part without any key."""
    part = part & rows.markable
    if not part.any():
        return {}
    group, unit = rows.group[part], rows.unit[part]
    right, replied, answered = rows.right[part], rows.replied[part], rows.answered[part]
    ambiguous, missing = rows.ambiguous[part], rows.missing[part]
    ledger = bounds(right, replied, ambiguous, missing)
    metrics = {
        "accuracy": {
            **clustered_proportion(right[replied], group[replied]).to_dict(),
            "worst": ledger.worst,
            "best": ledger.best,
        },
        "accuracy_of_answered": clustered_proportion(right[answered], group[answered]).to_dict(),
    }
    if np.bincount(unit).max() > 1:
        metrics["strict_accuracy"] = _strict(right, replied, ambiguous | missing, unit, group)
        metrics["consistency"] = consistency(rows.chosen_text[part][replied], unit[replied], group[replied]).to_dict()
    if position:
        metrics["position_bias"] = _position_bias(rows, part & rows.replied & (rows.gold_shown >= 0))
    return metrics


def strict_extraction(rows: Rows) -> dict[str, Any]:
    """Accuracy had only plainly formed answers been read: what lenient reading adds."""
    if not rows.markable.any():
        return {}
    replied = rows.replied & rows.markable
    return {"accuracy": clustered_proportion((rows.strict == 1)[replied], rows.group[replied]).to_dict()}


def _strict(right: Mask, replied: Mask, open_to_doubt: Mask, unit: NDArray[Any], group: NDArray[Any]) -> dict[str, Any]:
    """Strict accuracy over the units whose every row was replied to; bounds over all units, a missing row wrong or right."""
    worst, _ = strict_units(right, unit, group)
    best, _ = strict_units(right | open_to_doubt, unit, group)
    whole, clusters = strict_units(replied, unit, group)
    estimate = clustered_proportion(worst[whole], clusters[whole])
    return {**estimate.to_dict(), "worst": float(worst.mean()), "best": float(best.mean())}


def _position_bias(rows: Rows, part: Mask) -> dict[str, Any]:
    if not part.any():
        return Estimate(None, reason="no rows", method="cluster bootstrap").to_dict()
    letters = int(rows.options[part].max())
    patterns, clusters = choice_patterns(rows.gold_shown[part], rows.shown[part], letters, rows.group[part])
    estimate = cluster_bootstrap(patterns, position_bias, n=int(part.sum()), multiplicity=clusters).to_dict()
    shown, gold = rows.shown[part], rows.gold_shown[part]
    picked = max(1, int((shown >= 0).sum()))
    estimate["chosen"] = [round(float((shown == letter).sum()) / picked, 6) for letter in range(letters)]
    estimate["gold"] = [round(float((gold == letter).mean()), 6) for letter in range(letters)]
    return estimate
