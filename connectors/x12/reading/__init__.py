"""Bytes to tables."""
