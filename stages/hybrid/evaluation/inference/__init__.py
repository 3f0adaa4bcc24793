"""How sure figures are: intervals and paired tests over questions."""
