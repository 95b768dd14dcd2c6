/** The first rows of a file before it is scored: which column holds the texts, and how the file is read. */

import { decode, DELIMITERS, ENCODINGS, guessColumn, guessDelimiter, guessEncoding, kindOf, readRows } from "./csv.js";
import { counted, fill, h } from "./dom.js";

const SHOWN = 10; // rows
const LONGEST = 120; // characters of a cell

/**
 * The panel. onscore: given what is read, `{rows, columns}`, and the column of the texts.
 *
 * `open` takes the name and the bytes of a file and guesses all that can be changed. Raises Error in plain words.
 */
export function previewPanel({ onscore }) {
  let name = "";
  let bytes = null;
  let found = null;
  const column = h("select", { id: "column", onchange: () => draw() });
  const delimiter = h("select", { id: "delimiter", onchange: () => read(column.value) }, DELIMITERS.map(({ value, name: told }) => h("option", { value }, told)));
  const delimiterChoice = h("span", {}, h("label", { for: "delimiter" }, "Delimiter "), delimiter);
  const encoding = h("select", { id: "encoding", onchange: () => read(column.value) }, ENCODINGS.map((one) => h("option", { value: one }, one.toUpperCase())));
  const notice = h("p", { class: "notice", role: "status", hidden: true });
  const rows = h("div", { class: "scrolling", tabindex: "0", role: "region", "aria-label": "Preview" });
  const score = h("button", { type: "submit" });
  const element = h(
    "form",
    { class: "preview", hidden: true, onsubmit: (event) => (event.preventDefault(), onscore(found, column.value)) },
    h("h2", {}, "Preview"),
    h(
      "p",
      { class: "filters" },
      h("span", {}, h("label", { for: "column" }, "Text column "), column),
      delimiterChoice,
      h("span", {}, h("label", { for: "encoding" }, "Encoding "), encoding),
    ),
    notice,
    rows,
    h("p", {}, score),
  );

  function tell(message) {
    notice.hidden = !message;
    fill(notice, message);
  }

  /** Read the file as the choices say. wanted: the column to keep, if the file has it. */
  function read(wanted, note = "") {
    tell(note);
    found = null;
    try {
      found = readRows(name, decode(bytes, encoding.value), delimiter.value);
    } catch (error) {
      tell(error.message);
    }
    score.hidden = !found;
    if (!found) return fill(rows);
    fill(column, found.columns.map((one) => h("option", { value: one }, one)));
    column.value = found.columns.includes(wanted) ? wanted : guessColumn(found);
    fill(score, `Score ${counted(found.rows.length, "post")}`);
    draw();
  }

  function draw() {
    const { columns } = found;
    const kind = (one) => (one === column.value ? "chosen" : "");
    fill(
      rows,
      h(
        "table",
        {},
        h("caption", {}, found.rows.length > SHOWN ? `The first ${SHOWN} of ${found.rows.length.toLocaleString("en")} rows` : "All rows"),
        h("thead", {}, h("tr", {}, columns.map((one) => h("th", { scope: "col", class: kind(one) }, one)))),
        h("tbody", {}, found.rows.slice(0, SHOWN).map(({ values }) => h("tr", {}, columns.map((one) => h("td", { class: kind(one), dir: "auto" }, clipped(values, one)))))),
      ),
    );
  }

  return {
    element,
    open(givenName, givenBytes) {
      const isTable = kindOf(givenName) === "table"; // or raises
      [name, bytes] = [givenName, givenBytes];
      encoding.value = guessEncoding(bytes);
      delimiterChoice.hidden = !isTable;
      if (isTable) delimiter.value = guessDelimiter(name, decode(bytes, encoding.value));
      element.hidden = false;
      read("", encoding.value === "windows-1252" ? "This file is not in UTF-8, and is read as WINDOWS-1252: check the preview, and choose another encoding if letters look wrong." : "");
      (found ? score : encoding).focus();
    },
    close() {
      element.hidden = true;
    },
    /** Show it again, as it was. */
    reopen() {
      element.hidden = false;
      score.focus();
    },
  };
}

/** A cell as the preview shows it. */
function clipped(values, column) {
  const value = Object.hasOwn(values, column) ? values[column] : "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
