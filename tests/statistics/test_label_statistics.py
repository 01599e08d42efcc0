"""Statistics of label counts, against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from medosce.statistics import (
    Reason,
    balanced_accuracy,
    choice_counts,
    cluster_bootstrap,
    cluster_sums,
    confusion_counts,
    macro_f1,
    macro_precision,
    macro_recall,
    micro_f1,
    micro_precision,
    micro_recall,
    position_bias,
)

RNG = np.random.default_rng(17)
GOLD = RNG.integers(0, 5, 400)
CHOSEN = np.where(RNG.random(400) < 0.6, GOLD, RNG.integers(0, 5, 400))
CLUSTER = RNG.integers(0, 90, 400)


def test_macro_figures_are_those_of_scikit_learn() -> None:
    totals = confusion_counts(GOLD, CHOSEN, 5, CLUSTER).sum(axis=0)[np.newaxis].astype(float)
    for ours, theirs in (
        (macro_f1, metrics.f1_score),
        (macro_precision, metrics.precision_score),
        (macro_recall, metrics.recall_score),
    ):
        assert ours(totals)[0] == pytest.approx(theirs(GOLD, CHOSEN, average="macro", labels=range(5)))
    assert balanced_accuracy(totals)[0] == pytest.approx(metrics.balanced_accuracy_score(GOLD, CHOSEN))


def test_micro_figures_of_label_sets_are_those_of_scikit_learn() -> None:
    gold, said = RNG.random((200, 6)) < 0.3, RNG.random((200, 6)) < 0.35
    rows = np.hstack([gold & said, ~gold & said, gold & ~said])
    totals = cluster_sums(rows, np.arange(200) // 4).sum(axis=0)[np.newaxis].astype(float)
    assert micro_precision(totals)[0] == pytest.approx(metrics.precision_score(gold, said, average="micro"))
    assert micro_recall(totals)[0] == pytest.approx(metrics.recall_score(gold, said, average="micro"))
    assert micro_f1(totals)[0] == pytest.approx(metrics.f1_score(gold, said, average="micro"))


def test_a_reply_without_a_label_misses_the_gold_and_accuses_nobody() -> None:
    assert confusion_counts([2], [-1], 3, [0]).tolist() == [[0, 0, 0, 0, 0, 0, 0, 0, 1]]


def test_a_label_of_the_set_that_never_occurs_leaves_the_macro_mean_undefined() -> None:
    totals = confusion_counts([0, 1, 0], [0, 1, 1], 3, [0, 1, 2])
    estimate = cluster_bootstrap(totals, macro_f1)
    assert (estimate.value, estimate.reason) == (None, Reason.ZERO_DENOMINATOR)
    as_zero = macro_f1(totals.sum(axis=0)[np.newaxis].astype(float), zero_division=0.0)
    assert as_zero[0] == pytest.approx(
        metrics.f1_score([0, 1, 0], [0, 1, 1], labels=range(3), average="macro", zero_division=0.0)
    )


def test_position_bias_is_the_largest_gap_between_chosen_and_gold_shares() -> None:
    gold, chosen = [0, 1, 2, 3], [0, 0, 0, -1]
    totals = choice_counts(gold, chosen, 4, [0, 0, 1, 1]).sum(axis=0)[np.newaxis].astype(float)
    assert position_bias(totals)[0] == 0.75  # A in all of 3 choices, against a quarter of the golds
    never_chose = choice_counts(gold, [-1] * 4, 4, [0] * 4).astype(float)
    assert np.isnan(position_bias(never_chose)[0])


def test_counts_by_cluster_add_up_and_carry_an_interval() -> None:
    counts = choice_counts(GOLD, CHOSEN, 5, CLUSTER)
    assert counts[:, :5].sum() == counts[:, 5:].sum() == 400
    assert counts.shape == (len(np.unique(CLUSTER)), 10)
    estimate = cluster_bootstrap(confusion_counts(GOLD, CHOSEN, 5, CLUSTER), macro_f1, resamples=2000, n=400)
    assert estimate.low is not None and estimate.high is not None and estimate.value is not None
    assert estimate.low < estimate.value < estimate.high
    assert (estimate.n, estimate.groups) == (400, counts.shape[0])


@pytest.mark.parametrize(("gold", "chosen"), [([5], [0]), ([0], [5]), ([-1], [0])])
def test_labels_outside_the_set_are_turned_away(gold: list[int], chosen: list[int]) -> None:
    with pytest.raises(ValueError, match="numbered 0 to 4"):
        confusion_counts(gold, chosen, 5, [0])
    with pytest.raises(ValueError, match="columns per label"):
        macro_f1(np.ones((2, 4)))
