"""`upstander finetune`: the shipped network goes on learning from the rows of one platform.

network   the network that a bundle was exported from, in half precision
labelled  rows with answers: files of one's own, and what `exports` says of those of a service
divide    training, tuning and test part, with nothing in two of them
windows   texts as the windows that training and serving read
learn     the training, with a rehearsal of what the network knows
blend     how much of the trained network is taken
calibrate probabilities and thresholds from few rows
publish   the graph, its manifest, the card, the bundle
judge     the new bundle beside the one that it began with, and regression cases
steps     all of this, a folder a step
run       the steps that are not done yet, so that it goes on where it was
"""
