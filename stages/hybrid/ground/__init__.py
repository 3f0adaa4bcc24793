"""What every stage stands on: errors, files, parameters, costs."""
