"""Retrieval quality, language bias, and how sure the figures are."""
