"""Training pairs: benchmark texts among them (leaks), groups that say the same (twins), and held-out pages."""
