"""The older channel: 7101, 7102, 7104 and 7105 of the core platform."""
