"""Ranking passages: indexes, exact ranks, baselines, TREC runs and hard negatives."""
