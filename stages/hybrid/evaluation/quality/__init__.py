"""Retrieval quality: measures of every query and every cell, from exact ranks."""
