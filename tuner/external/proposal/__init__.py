"""Proposes a study for a script: reads its text, never runs it."""
