"""Texts to embeddings: the encoder itself, and how whole corpora are encoded."""
