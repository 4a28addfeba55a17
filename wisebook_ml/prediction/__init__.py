"""What models say of entries, clients and third parties while these come: predictions, one algorithm a file.

A fold over a partition, as scoring is, with the same folds of entries into rows as training has. What is known of the
broker is in `wisebook_ml.prediction.pipeline`, what of SQL in `wisebook_ml.prediction.provisioning`; the rest is pure.
"""
