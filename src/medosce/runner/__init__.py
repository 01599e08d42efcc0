"""Plan, run folder, summary: the examination itself, resumable at any point."""
