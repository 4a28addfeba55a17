"""A small ledger that publishes its entries to wisebook_ml, and keeps what is found in them."""
