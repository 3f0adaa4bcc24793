"""Fine-tuning, batch by batch as the plan says."""
