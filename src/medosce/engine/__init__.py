"""Asking: scheduler, rate control, retries, journal, cache, budget. Knows models and records, nothing of scores."""
