"""Reply to answer to score: extraction and the marking of each kind of item. Pure functions of item and response."""
