"""Durable state in SQL: the tables, one transaction per group commit, reloading, and history queries."""
