"""Fine-tuning along the plan."""
