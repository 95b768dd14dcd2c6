"""The contract between training and everyone who scores a text.

What a label means (`labels`), how a text is normalised (`normaliser`), what a model bundle is made
of (`manifest`, `bundle`), and the one `Scorer` (`scorer`) that every caller uses: the HTTP service,
the batch evaluation and the training pipeline's own gate. How a score becomes a decision
(`policy`), and the schemas of the answers (`schemas`).
"""
