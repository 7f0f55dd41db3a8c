"""The demonstration: a small invented hospital, its keys, its data, and the processes that show it."""
