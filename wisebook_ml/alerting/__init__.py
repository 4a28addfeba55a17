"""Alerts: which detections a person should look at now, grouped, rationed, and told once.

The modules here are pure: no Kafka, no SQL, no clock. `desk` is where they meet; the role
(`wisebook_ml.alerting.office`) hands it the state of a company and keeps what follows.
"""
