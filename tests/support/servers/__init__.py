"""Servers that tests start: databases, mail."""
