"""What every stage uses: errors, files, parameters, paths and costs."""
