"""What a journey prints."""

from __future__ import annotations

import time
from typing import Any

from app.journey import Journey, open_on_platforms, table


async def report(journey: Journey, settlement: Any) -> None:
    """The steps as a table, who paid what, the receipt, and what the platforms hold."""
    print(f"\nsettlement {settlement['number']}  医保流水号 {settlement['platformSerial'] or '-'}")
    for line in table(settlement):
        print("  " + line)
    print(
        f"  total {settlement['totalAmount']}  fund {settlement['fundAmount']}  "
        f"account {settlement['accountAmount']}  cash {settlement['cashAmount']}"
    )
    invoice = settlement["invoice"]
    if invoice and invoice["download"]:
        print(f"  receipt {invoice['number']}  {invoice['download']['url']}")
    books = open_on_platforms(await journey.traveller.books())
    print("  open on the platforms: " + ", ".join(f"{name} {count}" for name, count in books.items()))
    seconds = time.monotonic() - journey.began
    print(f"  {journey.events} events were pushed; {seconds:.2f} s\n{settlement['state']}")
