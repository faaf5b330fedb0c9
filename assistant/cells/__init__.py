"""Which cells of a table answer a question: candidates in, ranked and selected cells out."""
