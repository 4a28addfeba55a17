"""The evaluation of detections, piece by piece: books, the core and its peers on them, figures, a table, pictures."""
