"""The Faust agents: thin, one file a role; they wire topics to `wisebook_ml`."""
