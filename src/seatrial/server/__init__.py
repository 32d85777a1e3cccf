"""Composes: worlds, the single writer, HTTP, the control API, and the only clock."""
