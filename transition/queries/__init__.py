"""Reads of this app that cross models."""
