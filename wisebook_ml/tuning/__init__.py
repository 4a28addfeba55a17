"""Changing a company's settings while the stream runs: checks, versions, and the markers that put them in force."""
