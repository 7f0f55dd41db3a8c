"""物流: whoever tells where a parcel is. `gateway.py` is the port, each provider a folder."""
