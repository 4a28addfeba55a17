"""Files that people have: ledgers (a FEC, or events one a line), and verdicts and positions (JSON Lines, CSV)."""
