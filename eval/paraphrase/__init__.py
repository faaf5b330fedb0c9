"""Questions with known answers, written from the facts of a store or of the generated world.

It words the questions by itself and shares no code with the understanding that it tests.
"""
