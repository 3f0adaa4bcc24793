"""The paper's tables again: the runs that answer them, the claims that are tested, the page that reports both."""
