/** Review: decisions that wait for people, one at a time, by keyboard. */

import { ask, askPatiently, hasKey, Problem, whyWaiting } from "./api.js";
import { fill, h } from "./dom.js";
import { decisionView, marked } from "./view.js";

const BREAK_AFTER_POSTS = 50;
const BREAK_AFTER_MINUTES = 25;
const AT_A_TIME = 100;

const WARNED = "upstander-warned";

export function reviewPage() {
  let waiting = [];
  let isShown = false;
  let outcome = null;
  let decided = 0;
  let sinceBreak = 0;
  let rested = Date.now();
  const skipped = new Set();
  const place = h("div", { class: "review" });
  const status = h("p", { class: "status", role: "status" });
  const reason = h("input", { id: "why", list: "whys", maxlength: "2000", autocomplete: "off" });

  async function load() {
    fill(status, "Asking for the queue…");
    try {
      const { decisions } = await askPatiently(
        `/v1/reviews/queue?limit=${Math.min(500, AT_A_TIME + skipped.size)}`,
        { role: "review" },
        (left, problem) => fill(status, whyWaiting(left, problem)),
      );
      waiting = decisions.filter((one) => !skipped.has(one.decision_id));
      fill(status, waiting.length ? "" : skipped.size ? `Nothing else waits; you skipped ${skipped.size}.` : "Nothing waits.");
      draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(status, problem.message);
    }
  }

  function draw() {
    if (!sessionStorage.getItem(WARNED)) return warn();
    if (sinceBreak >= BREAK_AFTER_POSTS || Date.now() - rested > BREAK_AFTER_MINUTES * 60_000) return rest();
    const record = waiting[0];
    isShown = false;
    outcome = null;
    reason.value = "";
    if (!record) {
      fill(place, h("p", {}, h("button", { type: "button", onclick: load }, "Ask again")));
      return;
    }
    const { decision } = record;
    const text = h("blockquote", { class: "blurred", dir: "auto", id: "reviewed", inert: true });
    if (record.text === null) fill(text, "The text is not recorded. Look it up by its id.");
    else fill(text, marked(record.text, decision.spans ?? []));
    const show = h("button", { type: "button", onclick: reveal }, "Show the post (t)");
    fill(
      place,
      h("p", {}, `Decided on ${record.decided?.slice(0, 16).replace("T", " at ") ?? "an unknown day"} UTC`, record.post_id && `, post ${record.post_id}`),
      text,
      h("p", {}, show),
      decisionView({ ...decision, band: record.band, policy: { id: record.policy_id, version: record.policy_version, sha256: record.policy_sha256 } }),
      h(
        "div",
        { class: "outcomes", role: "group", "aria-label": "Your decision" },
        h("button", { type: "button", id: "uphold", "aria-pressed": "false", onclick: () => choose("upheld") }, "Uphold (u)"),
        h("button", { type: "button", id: "overturn", "aria-pressed": "false", onclick: () => choose("overturned") }, "Overturn (o)"),
        h("button", { type: "button", onclick: skip }, "Skip (s)"),
      ),
      h(
        "form",
        { onsubmit: send },
        h("label", { for: "why" }, "Why "),
        reason,
        h("datalist", { id: "whys" }, ["breaks the rule", "a quotation", "counter-speech", "not about a group", "reclaimed by its own group", "a joke among friends"].map((value) => h("option", { value }))),
        h("button", { type: "submit" }, "Decide (Enter)"),
      ),
      h("p", { class: "small" }, `${decided} decided in this session, ${waiting.length} at hand.`),
    );
    function reveal() {
      isShown = true;
      text.classList.remove("blurred");
      text.inert = false;
      show.hidden = true;
      fill(status);
    }
    place.reveal = reveal;
  }

  function choose(chosen) {
    outcome = chosen;
    for (const [id, value] of [["uphold", "upheld"], ["overturn", "overturned"]]) {
      document.getElementById(id).setAttribute("aria-pressed", String(value === chosen));
    }
    fill(status);
    reason.focus();
  }

  function skip() {
    skipped.add(waiting[0].decision_id);
    waiting.shift();
    after();
  }

  async function send(event) {
    event.preventDefault();
    const record = waiting[0];
    if (!outcome) return fill(status, "First uphold (u) or overturn (o), or skip (s).");
    if (!reason.value.trim()) return fill(status, "Say why, in a few words.");
    if (!isShown && record.text !== null) return fill(status, "Look at the post first (t).");
    fill(status, "Keeping…");
    try {
      const { learned } = await ask("/v1/reviews", {
        body: { decision_id: record.decision_id, outcome, reason: reason.value.trim() },
        role: "review",
      });
      decided += 1;
      sinceBreak += 1;
      waiting.shift();
      fill(status, `Kept: ${outcome}${learned ? ", and kept for training" : ""}.`);
      after(true);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(status, `Not kept: ${problem.message} Your reason is still here; try again.`);
    }
  }

  function after(kept) {
    if (!kept) fill(status, "Skipped.");
    if (waiting.length) draw();
    else load();
    place.focus();
  }

  function warn() {
    const begin = () => {
      sessionStorage.setItem(WARNED, "yes");
      rested = Date.now();
      draw();
      place.focus();
    };
    fill(
      place,
      h("h2", {}, "Before you begin"),
      h("p", {}, "The posts here may demean people in the worst words. Each stays blurred until you ask for it. You may skip any of them, and nobody asks why."),
      h("p", {}, h("button", { type: "button", onclick: begin }, "I am ready")),
    );
  }

  function rest() {
    const on = () => {
      sinceBreak = 0;
      rested = Date.now();
      draw();
      place.focus();
    };
    fill(
      place,
      h("h2", {}, "Time for a break"),
      h("p", {}, `You have decided ${sinceBreak} posts in ${Math.round((Date.now() - rested) / 60_000)} minutes. Look away from the screen, walk a little, talk to somebody. The queue keeps.`),
      h("p", {}, h("button", { type: "button", onclick: on }, "Go on")),
    );
  }

  function pressed(event) {
    if (!element.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target === reason) return place.focus();
    if (event.target.matches?.("input, textarea, select") || !waiting.length || !document.getElementById("uphold")) return;
    const doing = { u: () => choose("upheld"), o: () => choose("overturned"), s: skip, t: () => place.reveal() }[event.key];
    if (doing) {
      event.preventDefault();
      doing();
    }
  }

  place.tabIndex = -1;
  document.addEventListener("keydown", pressed);
  const element = h("div", {}, h("h1", {}, "Decisions that wait for people"), status, place);
  return {
    title: "Review",
    element,
    shown() {
      if (hasKey("review")) load();
      else fill(status, "This needs a key for reviews: sign in with one made by “upstander keys create NAME --review”.");
    },
  };
}
