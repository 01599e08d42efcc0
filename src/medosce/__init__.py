"""MedOSCE examines medical language models the way medicine examines doctors.

`run`, `load_suite` and `compare` are the notebook's way in; the command `medosce` does the same and more.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "load_suite", "run"]

if TYPE_CHECKING:
    from medosce.runner.api import compare, load_suite, run


def __getattr__(name: str) -> Any:
    # Loaded on first use: `import medosce` and `medosce --help` stay instant.
    if name in ("run", "load_suite", "compare"):
        from medosce.runner import api

        return getattr(api, name)
    raise AttributeError(f"module 'medosce' has no attribute {name!r}")
