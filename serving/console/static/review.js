/** Review: decisions that wait for people, one at a time, by keyboard. */

import { hasKey, Problem, session, whyWaiting } from "./api.js";
import { counted, fill, h } from "./dom.js";
import { helpDialog, historyView, OUTCOMES, REASONS } from "./history.js";
import { agreement, claim, release, review, undo } from "./queue.js";
import { decisionView, marked } from "./view.js";
import { breakTime, warning } from "./wellbeing.js";

const BREAK_AFTER_POSTS = 50;
const BREAK_AFTER_MINUTES = 25;
const AWAY_MINUTES = 5; // without a key or a click: that was a break
const RENEW_MINUTES = 3; // claims hold for ten
const REMEMBERED = 50; // decisions that can be undone

const WARNED = "upstander-warned";

/** A time of the service, for people. */
const dayOf = (time) => (time ? `${time.slice(0, 16).replace("T", " at ")} UTC` : "an unknown day");

export function reviewPage() {
  let waiting = []; // that this page claims; the first is shown
  let total = 0;
  let held = 0; // by others
  let doubtful = 0; // marked “not sure” with this key
  let looksAgain = false; // at these
  let isBusy = false;
  let isShown = false;
  let picked = null;
  let decided = 0;
  let sinceBreak = 0;
  let worked = 0; // milliseconds since the last break
  let seen = Date.now();
  const skipped = new Set();
  const unsure = new Set(); // marked here, and not looked at again
  const done = []; // the latest first: `{record, outcome, reason, review_id}`
  const place = h("div", { class: "review" });
  const status = h("p", { class: "status", role: "status" });
  const backlog = h("p", { class: "backlog" });
  const agreed = h("p", { class: "small" });
  const past = h("div", {});
  const reason = h("input", { id: "why", maxlength: "2000", autocomplete: "off" }); // as many as the API takes

  const isReady = () => sessionStorage.getItem(WARNED) !== null;

  function tell(...said) {
    status.classList.remove("refused");
    fill(status, ...said);
  }

  /** Tell what was not done: it stands out. */
  function refuse(...said) {
    tell(...said);
    status.classList.add("refused");
  }

  /** Claim decisions. told: what to say before what the service says. first: ids that are wanted. */
  async function load(told = "", first = waiting.map((one) => one.decision_id)) {
    if (isBusy) return;
    isBusy = true;
    tell(told, " Loading the queue…");
    try {
      const found = await claim({ first, skip: [...skipped, ...unsure], unsure: looksAgain }, (left, problem) => tell(whyWaiting(left, problem)));
      waiting = found.decisions;
      [total, held, doubtful] = [found.waiting, found.held_by_others, found.unsure];
      looksAgain &&= waiting.length > 0;
      tell(told, waiting.length || !isReady() ? "" : ` ${whyEmpty()}`);
      draw();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      refuse(told, ` ${problem.message}`);
      if (!waiting.length) fill(place, askAgain());
    } finally {
      isBusy = false;
    }
  }

  function whyEmpty() {
    if (!total) return "The queue is empty.";
    const why = [
      held && `${counted(held, "post")} with other reviewers`,
      skipped.size && `you skipped ${skipped.size}`,
      doubtful && `${counted(doubtful, "post")} marked “not sure”`,
    ].filter(Boolean);
    return `None of them is left for you now${why.length ? `: ${why.join(", ")}` : ""}.`;
  }

  const askAgain = () =>
    h(
      "p",
      {},
      h("button", { type: "button", onclick: () => load() }, "Refresh"),
      skipped.size > 0 && [
        " ",
        h("button", { type: "button", onclick: () => (skipped.clear(), load(), place.focus()) }, "Review skipped posts"),
      ],
      doubtful > 0 && [
        " ",
        h("button", { type: "button", onclick: () => ((looksAgain = true), unsure.clear(), load(), place.focus()) }, "Review posts marked “not sure”"),
      ],
    );

  function drawAround() {
    const those = [held && `${held.toLocaleString("en")} of them with other reviewers`, doubtful && `${doubtful.toLocaleString("en")} marked “not sure” with your key`];
    fill(backlog, `${[`${counted(total, "post")} waiting`, ...those.filter(Boolean)].join(", ")}. ${counted(decided, "post")} reviewed in this session.`);
    fill(past, historyView(done.filter(({ outcome }) => outcome !== "skipped"), takeBack));
  }

  function draw() {
    drawAround();
    if (!isReady()) return warn();
    if (sinceBreak >= BREAK_AFTER_POSTS || worked > BREAK_AFTER_MINUTES * 60_000) return rest();
    const record = waiting[0];
    isShown = false;
    picked = null;
    reason.value = "";
    if (!record) return fill(place, askAgain());
    const { decision } = record;
    const hasText = record.text !== null;
    const hidden = hasText && { class: "blurred", inert: true, "aria-hidden": "true" };
    const text = h("blockquote", { dir: "auto", id: "reviewed", ...hidden });
    if (!hasText) fill(text, "The text is not recorded. Look it up by the id of the post.");
    else fill(text, marked(record.text, record.spans.map(([begin, end, value]) => ({ begin, end, score: value }))));
    const show = h("button", { type: "button", onclick: reveal }, "Show the post (t)");
    const reasons = REASONS.map(({ text: told }, index) => h("button", { type: "button", class: "reason", "aria-pressed": "false", onclick: () => pick(index) }, `${index + 1} ${told}`));
    const post = h(
      "div",
      {},
      h("p", { class: "small" }, `Decided on ${dayOf(record.decided)}`, record.post_id && `, post ${record.post_id}`),
      record.unsure_at && h("p", { class: "notice" }, `Marked “not sure” with your key on ${dayOf(record.unsure_at)}.`),
      text,
      hasText && h("p", {}, show),
      decisionView({ ...decision, band: record.band, policy: { id: record.policy_id, version: record.policy_version, sha256: record.policy_sha256 } }),
    );
    const deciding = h(
      "div",
      {},
      h("h2", {}, "Reason (optional)"),
      h("div", { class: "outcomes reasons", role: "group", "aria-label": "Reason" }, reasons),
      h("form", { onsubmit: (event) => (event.preventDefault(), place.focus()) }, h("label", { for: "why" }, "Or in your words "), reason),
      h("h2", {}, "Your decision"),
      h(
        "div",
        { class: "outcomes decisions", role: "group", "aria-label": "Your decision" },
        Object.entries(OUTCOMES).map(([outcome, { key, name }]) => h("button", { type: "button", class: `decide ${outcome}`, onclick: () => decide(outcome) }, `${name} (${key})`)),
      ),
      h(
        "div",
        { class: "outcomes" },
        h("button", { type: "button", onclick: skip }, "Skip (s)"),
        h("button", { type: "button", disabled: done.length === 0, onclick: () => takeBack(done[0]) }, "Undo (z)"),
        h("button", { type: "button", onclick: () => helpDialog() }, "Keys (?)"),
      ),
    );
    fill(place, post, deciding);
    function reveal() {
      isShown = true;
      text.classList.remove("blurred");
      text.inert = false;
      text.removeAttribute("aria-hidden");
      show.hidden = true;
      tell();
    }
    place.reveal = reveal;
    place.pick = pick;
    function pick(index) {
      picked = picked === index ? null : index;
      reasons.forEach((one, other) => one.setAttribute("aria-pressed", String(other === picked)));
      tell();
    }
  }

  /** Keep for a while what was done, so that it can be undone. */
  function remember(entry) {
    done.unshift(entry);
    done.splice(REMEMBERED);
  }

  function skip() {
    if (isBusy) return;
    const record = waiting.shift();
    skipped.add(record.decision_id);
    remember({ record, outcome: "skipped" });
    after("Skipped.");
  }

  async function decide(outcome) {
    if (isBusy) return;
    const [record] = waiting;
    const own = REASONS[picked];
    const words = reason.value.trim();
    if (!isShown && record.text !== null) return refuse("Look at the post first (t).");
    if (own && outcome !== "unsure" && own.outcome !== outcome) {
      return refuse(`The reason “${own.text}” does not go with “${OUTCOMES[outcome].name}”: choose another, or press its number again to clear it.`);
    }
    tell("Saving…");
    isBusy = true;
    let kept;
    try {
      kept = await review(record, outcome, words, own?.code);
    } catch (problem) {
      isBusy = false;
      if (!(problem instanceof Problem)) throw problem;
      if (problem.code !== "review_conflict") return refuse(`Not saved: ${problem.message} Try again.`);
      waiting.shift();
      return after(`${problem.message} Your review was not saved; here is the next post.`, refuse);
    }
    isBusy = false;
    waiting.shift();
    decided += 1;
    sinceBreak += 1;
    if (outcome === "unsure") unsure.add(record.decision_id);
    else total -= 1;
    doubtful += (outcome === "unsure") - (record.unsure_at != null);
    remember({ record, outcome, reason: [own?.text, words].filter(Boolean).join(": "), review_id: kept.review_id });
    after(`Saved: ${OUTCOMES[outcome].name.toLowerCase()}${kept.learned ? "; the text is kept for training" : ""}. Undo with z.`);
  }

  /** Go on to the next post. saying: tell or refuse. */
  function after(told, saying = tell) {
    saying(told);
    if (waiting.length) draw();
    else load(told);
    place.focus();
  }

  /** Undo one of the latest decisions, and look at its post again. */
  async function takeBack(entry) {
    if (isBusy) return;
    if (!entry) return refuse("There is nothing to undo.");
    if (entry.review_id != null) {
      isBusy = true;
      tell("Undoing…");
      try {
        await undo(entry.review_id);
        decided -= 1;
        sinceBreak = Math.max(0, sinceBreak - 1);
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        return refuse(`Not undone: ${problem.message}`);
      } finally {
        isBusy = false;
      }
    }
    done.splice(done.indexOf(entry), 1);
    const id = entry.record.decision_id;
    skipped.delete(id);
    unsure.delete(id);
    await load("Undone.", [id, ...waiting.map((one) => one.decision_id)]);
    if (waiting[0]?.decision_id !== id) tell("Undone. Somebody else is reviewing this post now.");
    place.focus();
  }

  function warn() {
    fill(
      place,
      warning(() => {
        sessionStorage.setItem(WARNED, "yes");
        if (!waiting.length) tell(whyEmpty());
        draw();
        place.focus();
      }),
    );
  }

  function rest() {
    fill(
      place,
      breakTime(sinceBreak, Math.max(1, Math.round(worked / 60_000)), () => {
        sinceBreak = worked = 0;
        draw();
        place.focus();
      }),
    );
  }

  /** Hold on to the posts at hand while somebody works here. */
  async function renew() {
    if (!element.isConnected || !waiting.length || isBusy || Date.now() - seen > 2 * AWAY_MINUTES * 60_000) return;
    const first = waiting.map((one) => one.decision_id);
    const found = await claim({ first, skip: [...skipped, ...unsure], unsure: looksAgain, limit: first.length }).catch(() => null);
    if (!found || isBusy || waiting[0]?.decision_id !== first[0]) return;
    const names = found.decisions.map((one) => one.decision_id);
    const isLost = names[0] !== first[0];
    waiting = found.decisions;
    if (isLost) after("Somebody else is reviewing that post now; here is the next one.", refuse);
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
    if (document.querySelector("dialog[open]")) return; // keys mean the dialog
    if (event.key === "Escape" && event.target === reason) return place.focus();
    if (event.target.matches?.("input, textarea, select, [contenteditable]")) return; // what is typed decides nothing
    if (event.key === "?") return helpDialog();
    const key = event.key.toLowerCase();
    const isAsked = waiting.length && place.querySelector("#reviewed");
    const doing = { s: skip, t: () => place.reveal(), r: () => reason.focus() };
    for (const [outcome, one] of Object.entries(OUTCOMES)) doing[one.key] = () => decide(outcome);
    REASONS.forEach((_, index) => (doing[String(index + 1)] = () => place.pick(index)));
    const work = key === "z" ? () => takeBack(done[0]) : isAsked && doing[key];
    if (!work) return;
    event.preventDefault();
    work();
  }

  async function showAgreement() {
    const found = await agreement();
    if (found?.pairs) {
      const percent = (share) => `${Math.round(100 * share)}`;
      fill(agreed, `Two reviewers agree on ${percent(found.share)} % of ${counted(found.pairs, "post")} (${percent(found.low)} to ${percent(found.high)} %, 95 % interval).`);
    }
  }

  place.tabIndex = -1;
  const listeners = [["keydown", noticed], ["pointerdown", noticed], ["keydown", pressed]];
  for (const [name, listener] of listeners) document.addEventListener(name, listener);
  addEventListener("pagehide", release);
  session.addEventListener("leaving", release);
  const renewing = setInterval(renew, RENEW_MINUTES * 60_000);
  const element = h("div", {}, h("h1", {}, "Review queue"), backlog, status, place, past, agreed);
  return {
    title: "Review",
    element,
    shown() {
      if (!hasKey("review")) return refuse("This needs a key for reviews: sign in with one made by “upstander keys create NAME --review”.");
      if (!waiting.length) load();
      showAgreement();
    },
    leave() {
      for (const [name, listener] of listeners) document.removeEventListener(name, listener);
      removeEventListener("pagehide", release);
      session.removeEventListener("leaving", release);
      clearInterval(renewing);
    },
  };
}
