"""Statistics of examinations: intervals, paired tests, bounds, ranks and power. NumPy arrays in, small frozen
records out.

This room knows nothing of items, runs or files. An undefined figure is an Estimate without a value and with a
reason, never a guess.
"""

from .bootstrap import cluster_bootstrap, cluster_sums
from .bounds import Bounds, bounds
from .classification import (
    balanced_accuracy,
    choice_counts,
    choice_patterns,
    confusion_counts,
    macro_f1,
    macro_precision,
    macro_recall,
    micro_f1,
    micro_precision,
    micro_recall,
    position_bias,
)
from .estimate import Estimate, Method, Reason
from .multiplicity import holm
from .orders import consistency, strict_accuracy, strict_units
from .paired import PairedResult, mcnemar_exact, paired_difference, sign_flip, tango_interval
from .power import expected_half_width, smallest_detectable_difference, smallest_detectable_from
from .proportions import clustered_proportion, wilson, zero_failure_upper
from .ranks import rank_intervals

__all__ = [
    "Bounds",
    "Estimate",
    "Method",
    "PairedResult",
    "Reason",
    "balanced_accuracy",
    "bounds",
    "choice_counts",
    "choice_patterns",
    "cluster_bootstrap",
    "cluster_sums",
    "clustered_proportion",
    "confusion_counts",
    "consistency",
    "expected_half_width",
    "holm",
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "mcnemar_exact",
    "micro_f1",
    "micro_precision",
    "micro_recall",
    "paired_difference",
    "position_bias",
    "rank_intervals",
    "sign_flip",
    "smallest_detectable_difference",
    "smallest_detectable_from",
    "strict_accuracy",
    "strict_units",
    "tango_interval",
    "wilson",
    "zero_failure_upper",
]
