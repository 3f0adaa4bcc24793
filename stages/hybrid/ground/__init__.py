"""What every stage uses: errors, files, parameters, paths, costs and git."""
