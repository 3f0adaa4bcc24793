"""What the pipeline costs in time and memory, beside its peers: one module per subject."""
