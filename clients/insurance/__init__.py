"""The medical-insurance platform: `core` (P1, server to server) and `payment` (P2, the mobile-payment centre)."""
