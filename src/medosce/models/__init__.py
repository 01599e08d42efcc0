"""Who answers: API models, the embedded model, baselines, replayed answers, a person. One small protocol, `Model`."""
