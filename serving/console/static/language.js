/** A notice about a text that is in a language on which the model was not trained. */

import { ask, Problem } from "./api.js";
import { fill, h, languageName } from "./dom.js";

/** The place of the notice. `show` takes a text, whose language the service tells; `clear` ends it. */
export function languageNotice() {
  const element = h("p", { class: "notice", role: "note", hidden: true });
  let waitsFor = new AbortController();

  function clear() {
    waitsFor.abort();
    element.hidden = true;
    fill(element);
  }

  async function show(text) {
    clear();
    waitsFor = new AbortController();
    const { signal } = waitsFor;
    try {
      const found = await ask("/v1/language", { body: { text }, signal });
      if (signal.aborted || found.is_supported) return;
      element.hidden = false;
      fill(element, `This text seems to be in ${languageName(found.detected)}. The model was trained on English: for other languages its scores mean little.`);
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Problem)) throw error;
    }
  }

  return { element, show, clear };
}
