"""The wire of Kraken Spot."""
