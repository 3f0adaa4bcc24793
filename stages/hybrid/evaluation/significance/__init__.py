"""How sure the figures are: intervals and paired tests over questions."""
