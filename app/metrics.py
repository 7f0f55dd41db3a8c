"""What an operator watches (Prometheus, GET /metrics)."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

SETTLEMENTS = Counter("yiqiao_settlements_total", "Concluded settlements", ["pay_kind", "state"])
ATTENTION = Counter("yiqiao_attention_total", "Settlements that need a person", ["step"])
GARBLED = Counter("yiqiao_garbled_total", "Answers that could not be verified", ["platform", "transaction"])
CALLBACKS = Counter("yiqiao_callbacks_total", "What platforms posted to us", ["platform", "outcome"])
EXCHANGES = Histogram("yiqiao_exchange_seconds", "Exchanges with platforms", ["platform", "transaction", "outcome"])
READS = Counter("yiqiao_reads_total", "Requests by the road that answered them, and why not compiled", ["road", "why"])
