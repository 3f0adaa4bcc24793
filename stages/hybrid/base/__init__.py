"""The base encoder: packaged, from the hub, or from a folder."""
