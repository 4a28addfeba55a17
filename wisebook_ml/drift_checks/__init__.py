"""The daily checks of models as a fold over `sketches`: what each has met, what moved, and who is to be trained again.

`wisebook_ml.drift` judges; here is what it is given: days of a model, its reference, its thresholds and its verdicts.
"""
