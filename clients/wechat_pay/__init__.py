"""Self-pay through WeChat Pay. Source: the public documentation of WeChat Pay API v3 (微信支付), direct merchant."""
