/** What a queue would hold, with 95 % intervals. */

const Z = 1.96;

/** How many of posts with these calibrated probabilities are positive: a sum of independent draws. */
export function positives(probabilities) {
  const value = probabilities.reduce((sum, one) => sum + one, 0);
  const spread = Z * Math.sqrt(probabilities.reduce((sum, one) => sum + one * (1 - one), 0));
  return { value, low: Math.max(0, value - spread), high: Math.min(probabilities.length, value + spread) };
}

/** How many come on one more day, if `count` came in so many: a count of its own, at a rate that is estimated. */
export function perDay(count, days) {
  const value = count / days;
  const spread = Z * Math.sqrt(value + value / days);
  return { value, low: Math.max(0, value - spread), high: value + spread };
}
