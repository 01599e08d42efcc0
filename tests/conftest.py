"""What all tests share: the folder of public data sets, where there is one."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets: MEDOSCE_SHARED_DATA, else ../shared/data beside the repository."""
    named = os.environ.get("MEDOSCE_SHARED_DATA")
    folder = Path(named) if named else _REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no public data sets at {folder}: set MEDOSCE_SHARED_DATA to their folder")
    return folder
