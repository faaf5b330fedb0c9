"""A generated world: departments × years × layouts in five formats, with the truth and the planted defects beside it.

It shares no code with the parsers and the derivation of facts, so that neither can hide the other's mistakes.
"""
