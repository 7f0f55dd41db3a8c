"""The platforms outside: one folder each, and nothing here knows of the hospital that calls."""
