"""One adapter a collection: where its files are, how they are laid out, what a query and a passage is."""
