"""The settlement: a row with an ordered list of steps (design.md 2).

`plans` says which steps, `engine.advance` drives them, `steps/` holds one module a subject, `outcomes` says what
follows from each, `ledger` writes it down; `opening` and `reversal` begin a settlement and its undoing.
"""
