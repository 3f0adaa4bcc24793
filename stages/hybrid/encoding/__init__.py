"""Texts to embeddings: the encoder itself, and the encoding of whole corpora."""
