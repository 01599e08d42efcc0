"""Reads what a model's reply to a choice question commits to; measured on a labelled corpus that lives beside it.

Owns the reading of letters and option texts; scoring the answer against the gold is left to the rest of `scoring`.
"""

from .extract import extract_both, extract_choice
from .reasoning import split_reasoning
from .records import Extraction

__all__ = ["Extraction", "extract_both", "extract_choice", "split_reasoning"]
