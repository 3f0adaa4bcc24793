"""Retrieval quality: measures of every query and cell, from exact ranks."""
