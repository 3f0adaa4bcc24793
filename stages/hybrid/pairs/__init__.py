"""Training pairs: prepared, checked for leaks, groups that say the same named."""
