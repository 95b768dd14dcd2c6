/** The review queue as the service keeps it: claims, reviews and what undoes them. */

import { ask, askPatiently, hasKey } from "./api.js";

const AT_A_TIME = 5; // few, as others cannot review them meanwhile
const MOST_SKIPPED = 1000; // that the service takes

/** A random name for this page; `crypto.randomUUID` is only there under https. */
const claimant = Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");

/**
 * Claim decisions: `{decisions, waiting, held_by_others, unsure}`.
 *
 * first: ids that are wanted before others. skip: ids that are not wanted. unsure: whether those that were marked “not sure” with this key are wanted too. limit: more than are wanted first. onwait: as of askPatiently.
 */
export const claim = ({ first = [], skip = [], unsure = false, limit = AT_A_TIME }, onwait) =>
  askPatiently("/v1/reviews/claim", { body: { claimant, limit, first, skip: skip.slice(-MOST_SKIPPED), unsure }, role: "review" }, onwait);

/** Give up all claims, so that others need not wait for their end. Nobody waits for the answer. */
export function release() {
  if (hasKey("review")) ask("/v1/reviews/claim", { body: { claimant, limit: 0 }, role: "review", keepalive: true }).catch(() => {});
}

/** Keep a review: `{review_id, learned}`. reason: words, or "". code: of a chosen reason, if one is. */
export const review = (record, outcome, reason, code) =>
  ask("/v1/reviews", { body: { decision_id: record.decision_id, outcome, reason: reason || undefined, reason_code: code, claimant }, role: "review" });

export const undo = (review_id) => ask("/v1/reviews/undo", { body: { review_id }, role: "review" });

/** How often two reviewers agree, or null. */
export const agreement = () => ask("/v1/reviews/agreement", { role: "review" }).catch(() => null);
