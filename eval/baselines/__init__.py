"""Systems to stand beside ours in one run: full text only, vectors only, plain chunk retrieval."""
