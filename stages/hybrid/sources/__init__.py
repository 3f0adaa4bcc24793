"""Where raw files come from: public addresses, the Hugging Face hub, Debian packages, mirrors, the user."""
