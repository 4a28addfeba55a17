"""One service an algorithm: validate parameters, fit, predict, evaluate, explain, save and load.

Services know data frames and nothing of Kafka, SQL or the clock. `wisebook_ml.services.catalogue` lists them.
"""
