/** Reading the files that people drop, and writing what they take away. */

/**
 * Rows of a file, `{row, values}`, with the names of their columns. row: of a table which record it is, else which line. Raises Error in plain words.
 */
export function readRows(name, text) {
  const kind = name.toLowerCase().split(".").at(-1);
  const found = kind === "csv" || kind === "tsv" ? table(text, kind === "tsv" ? "\t" : separatorOf(text)) : lines(text, kind);
  if (!found.rows.length) throw new Error(`${name} holds no row.`);
  return found;
}

function lines(text, kind) {
  if (!["jsonl", "ndjson", "txt"].includes(kind)) {
    throw new Error("Drop a file that ends in .csv, .tsv, .jsonl, .ndjson or .txt.");
  }
  const columns = new Set();
  const rows = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (!line.trim()) return;
    const row = index + 1;
    if (kind === "txt") return rows.push({ row, values: { text: line } });
    let value;
    try {
      value = JSON.parse(line, whole);
    } catch {
      throw new Error(`Line ${row} is not JSON: each line must be an object such as {"text": "..."}.`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error(`Line ${row} is not an object: write each post as {"text": "..."}.`);
    }
    Object.keys(value).forEach((column) => columns.add(column));
    rows.push({ row, values: value });
  });
  return { rows, columns: kind === "txt" ? ["text"] : [...columns] };
}

/** Numbers that this language would round, such as ids of posts, stay the words that they were. */
function whole(_, value, context) {
  const isRounded = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source);
  return isRounded ? context.source : value;
}

/** What the header is divided by: spreadsheets of many countries write semicolons. */
function separatorOf(text) {
  const [header] = text.replaceAll(/"[^"]*"/g, "").split(/\r?\n/, 1);
  const often = (one) => header.split(one).length;
  return [",", ";", "\t"].reduce((best, one) => (often(one) > often(best) ? one : best));
}

/** RFC 4180: quoted fields may hold separators, line ends and doubled quotes. */
function table(text, separator) {
  const records = [];
  let record = [];
  let field = "";
  let quoted = false;
  let wasQuoted = false; // a quoted nothing is a field, an empty line is none
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let index = start; index < text.length; index += 1) {
    const one = text[index];
    if (quoted) {
      if (one !== '"') field += one;
      else if (text[index + 1] === '"') {
        field += '"';
        index += 1;
      } else quoted = false;
    } else if (one === '"' && field === "") quoted = wasQuoted = true;
    else if (one === separator) {
      record.push(field);
      field = "";
    } else if (one === "\n" || one === "\r") {
      if (one === "\r" && text[index + 1] === "\n") index += 1;
      record.push(field);
      if (record.length > 1 || record[0] !== "" || wasQuoted) records.push(record);
      record = [];
      field = "";
      wasQuoted = false;
    } else field += one;
  }
  if (quoted) throw new Error("A quotation mark is opened and never closed: the file was cut off, or is not CSV.");
  if (field !== "" || record.length || wasQuoted) records.push([...record, field]);
  const [columns = [], ...rest] = records;
  const twice = columns.find((column, place) => columns.indexOf(column) < place);
  if (twice !== undefined) throw new Error(`Two columns are named “${twice}”: name them apart.`);
  const rows = rest.map((values, index) => {
    if (values.length > columns.length) {
      throw new Error(`Row ${index + 1} has ${values.length} fields, and the header has ${columns.length}.`);
    }
    const named = Object.fromEntries(columns.map((column, place) => [column, values[place] ?? ""]));
    return { row: index + 1, values: named };
  });
  return { rows, columns };
}

/** One line of CSV. A spreadsheet must not run a post as a formula, so such a cell gets a quote first; a number is none. `upstander/spreadsheet.py` has the same rule. */
export function csvLine(values) {
  return `${values.map(cell).join(",")}\r\n`;
}

const FORMULA = /^[ \t\r\n\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
const NUMBER = /^[+-]?[0-9]+([.,][0-9]+)?$/;

function cell(value) {
  const isFormula = typeof value === "string" && FORMULA.test(value) && !NUMBER.test(value);
  const text = isFormula ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
