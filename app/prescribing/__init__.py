"""A doctor's prescription: written, advised on, reviewed in the house, uploaded to the circulation platform."""
