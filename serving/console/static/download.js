/** What a person takes away of a scored file: fields have the names that `upstander score` gives them. */

import { csvLine } from "./csv.js";
import { fill, h, save } from "./dom.js";

/**
 * The buttons, and the choice of columns to keep. labels, categories, mechanisms: of the model. shown: gives the posts that are to be saved.
 *
 * `offer` takes the name of a file and its other columns.
 */
export function downloads({ labels, categories, mechanisms, shown }) {
  let file = "";
  let stem = "";
  let others = [];
  const choice = h("fieldset", { class: "keeping", hidden: true });
  const element = h(
    "div",
    {},
    choice,
    h("p", {}, h("button", { type: "button", onclick: saveCsv }, "Download CSV"), " ", h("button", { type: "button", onclick: saveLines }, "Download JSON lines")),
  );
  const kept = () => others.filter((_, index) => choice.querySelectorAll("input")[index].checked);

  function saveCsv() {
    const columns = kept();
    const header = ["file", "row", "id", "text", "model.name", "model.version", ...named("scores", labels), ...named("targets", categories), ...named("mechanisms", mechanisms), "decision.band", "decision.reason", "decision.policy.id", "decision.policy.version", "error.message"];
    for (let one of columns) {
      while (header.includes(one)) one = `kept.${one}`;
      header.push(one);
    }
    const lines = shown().map(({ row, id, text, values, reply, problem }) =>
      csvLine([
        file,
        row,
        id,
        text,
        reply?.model.name,
        reply?.model.version,
        ...labels.map((one) => reply?.scores[one]),
        ...categories.map((name) => reply?.targets.find((one) => one.category === name)?.score),
        ...mechanisms.map((name) => reply?.mechanisms.find((one) => one.mechanism === name)?.score),
        reply?.band,
        reply?.reason,
        reply?.policy?.id,
        reply?.policy?.version,
        problem,
        ...columns.map((one) => written(fieldOf(values, one))),
      ]),
    );
    save(`${stem}.scores.csv`, "text/csv", ["\ufeff", csvLine(header), ...lines]);
  }

  function saveLines() {
    const columns = kept();
    const lines = shown().map(({ row, id, text, values, reply, problem }) => {
      const own = columns.length ? Object.fromEntries(columns.map((one) => [one, fieldOf(values, one)])) : undefined;
      return `${JSON.stringify({ file, row, id, text, kept: own, ...answerOf(reply), error: problem && { message: problem } })}\n`;
    });
    save(`${stem}.scores.jsonl`, "application/x-ndjson", lines);
  }

  return {
    element,
    offer(name, columns) {
      file = name;
      stem = name.replace(/\.[^.]*$/, "");
      others = columns;
      choice.hidden = !others.length;
      fill(choice, h("legend", {}, "Columns of the file to keep in the download"), others.map((one) => h("label", {}, h("input", { type: "checkbox", checked: true }), ` ${one}`)));
    },
  };
}

/** What a row has by a name: not what every object has. */
export const fieldOf = (values, name) => (Object.hasOwn(values, name) ? values[name] : undefined);

/** What a cell holds of a value that JSON lines gave. */
const written = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : value);

const named = (field, names) => names.map((name) => `${field}.${name}`);

/** The fields of a reply. */
function answerOf(reply) {
  if (!reply) return {};
  const { model, scores, targets, mechanisms, spans, band, reason, policy } = reply;
  return { model, scores, targets, mechanisms, spans, decision: policy && { band, reason, policy } };
}
