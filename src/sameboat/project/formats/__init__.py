"""Other formats of semantic models, and the writer of our own."""
