"""From labelled data to a model bundle.

`prepare → train → calibrate → export → evaluate → bundle`: see `training/pipeline.py`. What the
data sets are and how their labels become ours is in `training/sources/`.
"""
