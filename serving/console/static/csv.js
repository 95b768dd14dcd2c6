/** Reading the files that people drop, and writing what they take away. */

/** Encodings to choose from; browsers know all of them. */
export const ENCODINGS = ["utf-8", "windows-1252", "windows-1250", "windows-1251", "iso-8859-2", "iso-8859-15", "utf-16le", "utf-16be", "shift_jis", "gb18030", "big5", "euc-kr"];

export const DELIMITERS = [
  { value: ",", name: "comma" },
  { value: ";", name: "semicolon" },
  { value: "\t", name: "tab" },
  { value: "|", name: "vertical bar" },
];

const LOOKED_AT = 200; // rows in which the column of texts is searched
const USUAL = /^(text|comment|comment_text|body|content|message|post|tweet|review)$/i;

/** What the bytes of a file are written in: by its mark, by zeros, as UTF-8, else as Western Windows. */
export function guessEncoding(bytes) {
  const start = new Uint8Array(bytes, 0, Math.min(2000, bytes.byteLength));
  if (start[0] === 0xff && start[1] === 0xfe) return "utf-16le";
  if (start[0] === 0xfe && start[1] === 0xff) return "utf-16be";
  const zeros = (parity) => start.filter((one, place) => one === 0 && place % 2 === parity).length;
  if (zeros(1) > start.length / 5) return "utf-16le";
  if (zeros(0) > start.length / 5) return "utf-16be";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/** The text of a file. Raises Error in plain words. */
export function decode(bytes, encoding) {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`This file is not in ${encoding.toUpperCase()}: choose another encoding.`);
  }
}

/** The column that holds the texts: the one with the most letters, unless it has a usual name. */
export function guessColumn({ rows, columns }) {
  const looked = rows.slice(0, LOOKED_AT);
  const letters = (column) => {
    const values = looked.map(({ values: row }) => row[column]).filter((value) => typeof value === "string");
    const sum = values.reduce((total, value) => total + (/^https?:\/\/\S+$/.test(value) ? 0 : (value.match(/\p{L}/gu)?.length ?? 0)), 0);
    return (sum / Math.max(1, looked.length)) * (new Set(values).size / Math.max(1, values.length)) * (USUAL.test(column) ? 3 : 1);
  };
  if (columns.includes("text") && letters("text") > 0) return "text";
  const scored = columns.map((column) => ({ column, most: letters(column) }));
  return scored.reduce((best, one) => (one.most > best.most ? one : best), scored[0]).column;
}

/** The kind of a file by its name: `table` or `lines`. Raises Error in plain words. */
export function kindOf(name) {
  const ending = name.toLowerCase().split(".").at(-1);
  if (ending === "csv" || ending === "tsv") return "table";
  if (["jsonl", "ndjson", "txt"].includes(ending)) return "lines";
  throw new Error("Choose a file that ends in .csv, .tsv, .jsonl, .ndjson or .txt.");
}

/**
 * Rows of a file, `{row, values}`, with the names of their columns. row: of a table which record it is, else which
 * line. delimiter: of a table. Raises Error in plain words.
 */
export function readRows(name, text, delimiter) {
  const found = kindOf(name) === "table" ? table(text, delimiter) : lines(text, name.toLowerCase().endsWith(".txt"));
  if (!found.rows.length) throw new Error(`${name} has no rows.`);
  return found;
}

function lines(text, isPlain) {
  const columns = new Set();
  const rows = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (!line.trim()) return;
    const row = index + 1;
    if (isPlain) return rows.push({ row, values: { text: line } });
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
  return { rows, columns: isPlain ? ["text"] : [...columns] };
}

/** Numbers that this language would round, such as ids of posts, stay the words that they were. */
function whole(_, value, context) {
  const isRounded = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source);
  return isRounded ? context.source : value;
}

/** What the header is divided by: spreadsheets of many countries write semicolons. */
export function guessDelimiter(name, text) {
  if (name.toLowerCase().endsWith(".tsv")) return "\t";
  const [header] = text.slice(0, 100_000).replaceAll(/"[^"]*"/g, "").split(/\r?\n/, 1);
  const often = (one) => header.split(one).length;
  return DELIMITERS.map(({ value }) => value).reduce((best, one) => (often(one) > often(best) ? one : best));
}

/** RFC 4180: quoted fields may hold delimiters, line ends and doubled quotes. */
function table(text, delimiter) {
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
    else if (one === delimiter) {
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
  if (twice !== undefined) throw new Error(`Two columns are named “${twice}”: rename one of them.`);
  const rows = rest.map((values, index) => {
    if (values.length > columns.length) {
      throw new Error(`Row ${index + 1} has ${values.length} fields, and the header has ${columns.length}: is the delimiter right?`);
    }
    const named = Object.fromEntries(columns.map((column, place) => [column, values[place] ?? ""]));
    return { row: index + 1, values: named };
  });
  return { rows, columns };
}

/** One line of CSV. A spreadsheet must not run a post as a formula, so such a cell gets a quote first; a number is none. `serving/records/spreadsheet.py` has the same rule. */
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
