"""The record of a figure, and the room's promise to need NumPy alone."""

import json
import subprocess
import sys

import pytest

from medosce.statistics import Estimate, Method, Reason, wilson


def test_a_defined_estimate_writes_no_reason() -> None:
    record = wilson(427, 1000).to_dict()
    assert set(record) == {"value", "low", "high", "n", "groups", "method"}
    assert json.loads(json.dumps(record)) == record
    assert type(record["method"]) is str


def test_an_undefined_estimate_says_why() -> None:
    assert Estimate(None, method=Method.WILSON, reason=Reason.NO_ROWS).to_dict() == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
        "groups": 0,
        "method": "wilson",
        "reason": "no rows",
    }


def test_an_estimate_cannot_be_undefined_in_silence() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Estimate(None)
    with pytest.raises(ValueError, match="needs a reason"):
        Estimate(0.5, low=0.4)


def test_the_room_imports_nothing_but_numpy_and_itself() -> None:
    code = (
        "import sys, medosce.statistics; "
        "print(sorted({m for m in sys.modules if m.split('.')[0] in ('scipy', 'statsmodels', 'sklearn')"
        " or (m.startswith('medosce.') and not m.startswith('medosce.statistics'))}))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"
