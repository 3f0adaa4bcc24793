"""File formats that collections share: each reads one format and knows no collection."""
