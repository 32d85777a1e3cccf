"""The wire of KuCoin Spot and Margin."""
