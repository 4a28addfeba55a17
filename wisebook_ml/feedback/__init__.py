"""Verdicts of people: which stand, what they say of controls and models, and what follows from them.

`standing`, `judgement`, `reliability` and `lowering` are pure; `desk` takes verdicts from the topic into SQL.
"""
