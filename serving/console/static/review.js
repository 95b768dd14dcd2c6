/** Review: decisions that wait for people, one at a time, by keyboard. */

import { ask, askPatiently, hasKey, Problem, whyWaiting } from "./api.js";
import { counted, fill, h } from "./dom.js";
import { decisionView, marked } from "./view.js";

const BREAK_AFTER_POSTS = 50;
const BREAK_AFTER_MINUTES = 25;
const AWAY_MINUTES = 5; // without a key or a click: that was a break
const AT_A_TIME = 20; // few, as others may decide them too
const MOST = 500; // that the service gives at once

const WARNED = "upstander-warned";

export function reviewPage() {
  let waiting = [];
  let isBusy = false;
  let isShown = false;
  let outcome = null;
  let decided = 0;
  let sinceBreak = 0;
  let worked = 0; // milliseconds since the last break
  let seen = Date.now();
  const skipped = new Set();
  const place = h("div", { class: "review" });
  const status = h("p", { class: "status", role: "status" });
  const reason = h("input", { id: "why", list: "whys", maxlength: "2000", autocomplete: "off" });

  /** Ask for the queue. told: what to say before what it says. */
  async function load(told = "") {
    if (isBusy) return;
    isBusy = true;
    fill(status, told, " Asking for the queue…");
    try {
      const { decisions } = await askPatiently(
        `/v1/reviews/queue?limit=${Math.min(MOST, AT_A_TIME + skipped.size)}`,
        { role: "review" },
        (left, problem) => fill(status, whyWaiting(left, problem)),
      );
      waiting = decisions.filter((one) => !skipped.has(one.decision_id));
      const passed = decisions.length - waiting.length;
      fill(status, told, waiting.length ? "" : passed ? ` Nothing else waits; you skipped ${passed}.` : " Nothing waits.");
      draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(status, told, ` ${problem.message}`);
      if (!waiting.length) fill(place, askAgain());
    } finally {
      isBusy = false;
    }
  }

  const askAgain = () =>
    h(
      "p",
      {},
      h("button", { type: "button", onclick: () => load() }, "Ask again"),
      skipped.size > 0 && [
        " ",
        h("button", { type: "button", onclick: () => (skipped.clear(), load(), place.focus()) }, "Go through those that I skipped"),
      ],
    );

  function draw() {
    if (!sessionStorage.getItem(WARNED)) return warn();
    if (sinceBreak >= BREAK_AFTER_POSTS || worked > BREAK_AFTER_MINUTES * 60_000) return rest();
    const record = waiting[0];
    isShown = false;
    outcome = null;
    reason.value = "";
    if (!record) {
      fill(place, askAgain());
      return;
    }
    const { decision } = record;
    const text = h("blockquote", { class: "blurred", dir: "auto", id: "reviewed", inert: true });
    if (record.text === null) fill(text, "The text is not recorded. Look it up by its id.");
    else fill(text, marked(record.text, record.spans.map(([begin, end, value]) => ({ begin, end, score: value }))));
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
    if (isBusy) return;
    outcome = chosen;
    for (const [id, value] of [["uphold", "upheld"], ["overturn", "overturned"]]) {
      document.getElementById(id).setAttribute("aria-pressed", String(value === chosen));
    }
    fill(status);
    reason.focus();
  }

  function skip() {
    if (isBusy) return;
    skipped.add(waiting.shift().decision_id);
    after("Skipped.");
  }

  async function send(event) {
    event.preventDefault();
    if (isBusy) return;
    const record = waiting[0];
    const chosen = outcome;
    if (!chosen) return fill(status, "First uphold (u) or overturn (o), or skip (s).");
    if (!reason.value.trim()) return fill(status, "Say why, in a few words.");
    if (!isShown && record.text !== null) return fill(status, "Look at the post first (t).");
    fill(status, "Keeping…");
    isBusy = true;
    let kept;
    try {
      kept = await ask("/v1/reviews", {
        body: { decision_id: record.decision_id, outcome: chosen, reason: reason.value.trim() },
        role: "review",
      });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(status, `Not kept: ${problem.message} Your reason is still here; try again.`);
      return;
    } finally {
      isBusy = false;
    }
    decided += 1;
    sinceBreak += 1;
    waiting.shift();
    after(`Kept: ${chosen}${kept.learned ? ", and kept for training" : ""}.`);
  }

  function after(told) {
    fill(status, told);
    if (waiting.length) draw();
    else load(told);
    place.focus();
  }

  function warn() {
    const begin = () => {
      sessionStorage.setItem(WARNED, "yes");
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
      sinceBreak = worked = 0;
      draw();
      place.focus();
    };
    fill(
      place,
      h("h2", {}, "Time for a break"),
      h("p", {}, `You have decided ${counted(sinceBreak, "post")} in ${counted(Math.max(1, Math.round(worked / 60_000)), "minute")}. Look away from the screen, walk a little, talk to somebody. The queue keeps.`),
      h("p", {}, h("button", { type: "button", onclick: on }, "Go on")),
    );
  }

  /** Count the time in which somebody works here; away for long enough, they have had their break. */
  function noticed() {
    if (!element.isConnected) return;
    const gap = Date.now() - seen;
    seen += gap;
    if (gap < AWAY_MINUTES * 60_000) worked += gap;
    else sinceBreak = worked = 0;
  }

  function pressed(event) {
    if (!element.isConnected || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return; // whoever signs in means the dialog
    if (event.key === "Escape" && event.target === reason) return place.focus();
    if (event.target.matches?.("input, textarea, select") || !waiting.length || !document.getElementById("uphold")) return;
    const doing = { u: () => choose("upheld"), o: () => choose("overturned"), s: skip, t: () => place.reveal() }[event.key.toLowerCase()];
    if (doing) {
      event.preventDefault();
      doing();
    }
  }

  place.tabIndex = -1;
  document.addEventListener("keydown", noticed);
  document.addEventListener("pointerdown", noticed);
  document.addEventListener("keydown", pressed);
  const element = h("div", {}, h("h1", {}, "Decisions that wait for people"), status, place);
  return {
    title: "Review",
    element,
    shown() {
      if (!hasKey("review")) fill(status, "This needs a key for reviews: sign in with one made by “upstander keys create NAME --review”.");
      else if (!waiting.length) load();
    },
    leave() {
      for (const listener of [noticed, pressed]) document.removeEventListener("keydown", listener);
      document.removeEventListener("pointerdown", noticed);
    },
  };
}
