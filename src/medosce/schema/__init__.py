"""The records everything else speaks: items, outcomes, responses, scores, manifests; canonical JSON and digests."""
