"""Parcels (物流, tender 21 and 22): shipped, followed, told on. `states.py` is the one state machine."""
