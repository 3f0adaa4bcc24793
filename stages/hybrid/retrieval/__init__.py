"""Ranking passages: indexes, exact ranks, baselines, runs, hard negatives."""
