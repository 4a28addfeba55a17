"""The routes, a file for each subject; what one may be asked is in `*_parameters`, and what all have in common above.

`about_detections` puts those together that accountants use, `about_models` those of models and trainings.
"""
