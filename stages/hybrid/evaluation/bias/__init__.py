"""Language bias: how far the language of a passage decides its rank."""
