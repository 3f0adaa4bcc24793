"""Rankings: exact ranks of the relevant passages, TREC runs, and a check by an independent tool."""
