/** A text box that scores as one types and marks the words in place. */

import { askPatiently, Problem, whyWaiting } from "./api.js";
import { fill, h, later } from "./dom.js";
import { NOT_SERVED, inShort, marked } from "./view.js";

const AFTER = 250; // milliseconds of stillness

/**
 * The box, with a line below that says what goes on.
 *
 * label: what it is for. onreply: given the text and the reply, or null when there is none. onstale:
 * told when the text is no longer the one of the last reply. policy: as of policyChoice.
 */
export function scoringBox({ label, id, onreply, onstale, policy }) {
  const backdrop = h("div", { class: "backdrop", "aria-hidden": "true", dir: "auto" });
  const input = h("textarea", {
    id,
    rows: 4,
    dir: "auto",
    spellcheck: "false",
    placeholder: "Type or paste a text",
    oninput: changed,
  });
  const status = h("p", { class: "status", role: "status" });
  const element = h(
    "div",
    {},
    h("label", { for: id }, label),
    h("div", { class: "marking" }, backdrop, input),
    status,
  );
  let waitsFor = new AbortController();
  let wasRefused = false;
  const soon = later(ask, AFTER);

  function changed() {
    waitsFor.abort(); // what is under way is about another text
    fill(backdrop, `${input.value}\n`);
    fill(status);
    onstale();
    soon();
    if (!input.value.trim()) onreply(input.value, null);
  }

  async function ask() {
    waitsFor.abort();
    const mine = (waitsFor = new AbortController());
    const text = input.value;
    if (!text.trim()) return;
    wasRefused = false;
    fill(status, "Scoring…");
    try {
      const waiting = (left, problem) => fill(status, whyWaiting(left, problem));
      const reply = await askPatiently("/v1/score", { body: { text, do_not_store: true, ...policy.asked }, signal: mine.signal }, waiting);
      if (mine.signal.aborted || input.value !== text) return;
      if (!Object.keys(reply.scores).length) {
        fill(status, NOT_SERVED);
        return onreply(text, null);
      }
      fill(backdrop, marked(text, reply.spans), "\n");
      fill(status, inShort(reply)); // those who hear the page hear that there is an answer
      onreply(text, reply);
    } catch (error) {
      if (error.name === "AbortError" || mine.signal.aborted) return;
      wasRefused = true;
      fill(status, error instanceof Problem ? error.message : String(error));
      onreply(text, null);
      if (!(error instanceof Problem)) throw error;
    }
  }

  return {
    element,
    status,
    get text() {
      return input.value;
    },
    /** Put a text in and score it. */
    set(text) {
      input.value = text;
      changed();
    },
    /** Score what it holds once more. */
    again() {
      if (input.value.trim()) changed();
    },
    /** The page is shown again, perhaps with a key that it lacked. */
    resume() {
      if (wasRefused) changed();
    },
    focus: () => input.focus(),
  };
}
