"""What is asked of a company's treasury outside the stream, by people and programs: a forecast, a scenario."""
