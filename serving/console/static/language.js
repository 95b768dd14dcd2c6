/** A notice about a text that is in a language that no served model knows. */

import { ask, Problem } from "./api.js";
import { fill, h, languageName } from "./dom.js";

/**
 * The place of the notice. `show` takes a text, whose language the service tells, and whether it has
 * scores all the same; `clear` ends it.
 */
export function languageNotice() {
  const element = h("p", { class: "notice", role: "note", hidden: true });
  let waitsFor = new AbortController();

  function clear() {
    waitsFor.abort();
    element.hidden = true;
    fill(element);
  }

  async function show(text, isScored) {
    clear();
    waitsFor = new AbortController();
    const { signal } = waitsFor;
    try {
      const found = await ask("/v1/language", { body: { text }, signal });
      if (signal.aborted || found.is_supported) return;
      element.hidden = false;
      const so = isScored ? "its scores mean little" : "it has no scores";
      fill(element, `This text seems to be in ${languageName(found.detected)}. No model that is served knows this language, so ${so}.`);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Problem)) throw error;
    }
  }

  return { element, show, clear };
}
