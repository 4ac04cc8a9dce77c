"""Tunes the weights of a colorization loss, one at a time."""
