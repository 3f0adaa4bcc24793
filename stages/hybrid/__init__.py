"""The concepts that the stages share. Nothing here imports a stage."""
