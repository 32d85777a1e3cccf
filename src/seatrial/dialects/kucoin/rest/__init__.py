"""KuCoin's endpoints by subject. A new one is a handler and a line in its file's `ENDPOINTS`."""
