"""What a company is used to: the only part of scoring that depends on the order of entries."""
