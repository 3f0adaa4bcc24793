"""Embeddings as vectors: the index over passages, and the removal of language offsets (centring)."""
