"""How sure the figures are: intervals and paired tests, from the scores of each question."""
