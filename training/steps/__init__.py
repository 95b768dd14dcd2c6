"""The steps of a run, in the order of the pipeline: one module each, each writing one folder."""
