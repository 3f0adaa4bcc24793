"""Hybrid batches, the paper's idea: how each batch is drawn, and the plan of all batches."""
