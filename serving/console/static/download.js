/** What a person takes away of a scored file. */

import { csvLine } from "./csv.js";
import { fill, h, save } from "./dom.js";
import { categoriesOf, mechanismsOf } from "./view.js";

/**
 * The buttons, and the choice of columns to keep. labels: of the model. shown: gives the posts that are to be saved.
 *
 * `offer` takes the name of a file and its other columns.
 */
export function downloads({ labels, shown }) {
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
    const header = ["row", "id", "text", ...labels, "category", "mechanism", "decision", "reason", "policy", "model", "problem"];
    for (let one of columns) {
      while (header.includes(one)) one = `file.${one}`;
      header.push(one);
    }
    const lines = shown().map(({ row, id, text, values, reply, problem }) =>
      csvLine([
        row,
        id,
        text,
        ...labels.map((one) => reply?.scores[one] ?? ""),
        categoriesOf(reply),
        mechanismsOf(reply),
        reply?.band,
        reply?.reason,
        reply?.policy && `${reply.policy.id} ${reply.policy.version}`,
        reply && `${reply.model.name} ${reply.model.version}`,
        problem,
        ...columns.map((one) => written(fieldOf(values, one))),
      ]),
    );
    save(`${stem}.scores.csv`, "text/csv", ["\ufeff", csvLine(header), ...lines]);
  }

  function saveLines() {
    const columns = kept();
    const lines = shown().map(({ row, id, text, values, reply, problem }) => {
      const fields = columns.length ? Object.fromEntries(columns.map((one) => [one, fieldOf(values, one)])) : undefined;
      return `${JSON.stringify({ row, id, text, ...reply, decided: undefined, problem, fields })}\n`;
    });
    save(`${stem}.scores.jsonl`, "application/x-ndjson", lines);
  }

  return {
    element,
    offer(name, columns) {
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
