"""One module per public collection: where its files come from, their licence, and how they are read."""
