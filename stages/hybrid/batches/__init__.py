"""Hybrid batches, the paper's idea: what each batch holds, and the plan of all of them."""
