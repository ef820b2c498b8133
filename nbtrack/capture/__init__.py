"""What one cell execution tells: names, params, metrics, loops, outputs, environment.

Knows IPython and knows no store: facts go to a sink (`nbtrack.capture.facts`).
"""
