"""Training sentences made by this project, disjoint in wording from the suites that judge it."""
