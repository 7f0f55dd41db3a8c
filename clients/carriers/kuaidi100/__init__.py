"""快递100 as a `Carrier`. Source: protocols/logistics.md C.3 and C.4."""
