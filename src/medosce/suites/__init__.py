"""The built-in exams, the wording of their prompts, and importers of other people's formats."""
