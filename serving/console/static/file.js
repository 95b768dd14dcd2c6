/** File: many posts at once. They are read here and sent in small requests; nothing is kept. */

import { Problem, whyWaiting } from "./api.js";
import { csvLine, readRows } from "./csv.js";
import { counted, fill, h, later, save, score, words } from "./dom.js";
import { histogram } from "./histogram.js";
import { policyChoice } from "./policies.js";
import { rowsTable } from "./rows.js";
import { scoreAll, thresholdOf } from "./scoring.js";
import { beginning, categoriesOf, mechanismsOf } from "./view.js";

const LONGEST = 25_000; // characters of a post that is opened; longer ones are not scored

export function filePage(service) {
  let posts = [];
  let others = []; // columns that come back with the results
  let name = "";
  let threshold = 0;
  let running = null;
  let reading = null;
  const input = h("input", { type: "file", id: "file", accept: ".csv,.tsv,.jsonl,.ndjson,.txt", onclick: () => (input.value = ""), onchange: () => input.files[0] && open(input.files[0]) });
  const drop = h("div", { class: "drop" }, h("label", { for: "file" }, "Drop a file here, or choose one: "), input, h("p", { class: "small" }, "CSV, TSV, JSON lines or plain lines, in UTF-8."));
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
  const policy = policyChoice(service, "file-policy", () => {
    if (posts.length) fill(status, "The policy counts for the next file; drop this one again to have it decided anew.");
  });
  const asked = h("div", {});
  const progress = h("progress", { max: "1", value: "0", hidden: true, "aria-label": "Posts scored" });
  const status = h("p", { class: "status", role: "status" });
  const cancel = h("button", { type: "button", hidden: true, onclick: () => (running?.abort(), input.focus()) }, "Stop");
  const opened = h("div", { class: "opened" });
  const table = rowsTable({ onopen: openPost });
  const spread = histogram({
    onthreshold(value) {
      threshold = value;
      soonShown();
    },
  });
  const label = choice("of-label", service.labels, () => showAll(true));
  const category = choice("of-category", ["any", ...service.categories], () => showTable());
  const band = choice("of-band", ["any", "allow", "review", "act"], () => showTable());
  const only = h("input", { type: "checkbox", id: "only-over", onchange: () => showTable() });
  const count = h("p", { role: "status" });
  const soonShown = later(() => only.checked && showTable(), 100);
  const results = h(
    "div",
    { hidden: true },
    h("h2", {}, "How the scores are spread"),
    h("p", {}, h("label", { for: "of-label" }, "Label "), label),
    spread.element,
    h("h2", {}, "Posts"),
    h(
      "p",
      { class: "filters" },
      h("label", { for: "of-category" }, "Group "),
      category,
      h("label", { for: "of-band" }, " Decision "),
      band,
      h("span", {}, only, h("label", { for: "only-over" }, " only at or over the threshold")),
    ),
    count,
    table.element,
    opened,
    h(
      "p",
      {},
      h("button", { type: "button", onclick: saveCsv }, "Download CSV"),
      " ",
      h("button", { type: "button", onclick: saveLines }, "Download JSON lines"),
    ),
  );

  /** Let go of the run that goes on, if one does. */
  function leave() {
    running?.abort();
    running = null;
    progress.hidden = cancel.hidden = true;
  }

  async function open(file) {
    leave();
    const mine = (reading = {});
    name = file.name;
    results.hidden = true;
    fill(asked);
    fill(status, `Reading ${name}…`);
    let found;
    try {
      const bytes = await file.arrayBuffer();
      if (mine !== reading) return; // another file has come
      let text;
      try {
        text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch {
        throw new Error(`${name} is not in UTF-8: save it so, or use “upstander score --encoding”.`);
      }
      found = readRows(name, text);
    } catch (error) {
      if (mine === reading) fill(status, error.message);
      return;
    }
    if (found.columns.includes("text")) start(found, "text");
    else askColumn(found);
  }

  function askColumn(found) {
    fill(status, `${name} has no column “text”.`);
    const column = h("select", { id: "column" }, found.columns.map((one) => h("option", { value: one }, one)));
    fill(
      asked,
      h("p", {}, h("label", { for: "column" }, "Which column holds the posts? "), column, " ", h("button", { type: "button", onclick: () => (start(found, column.value), input.focus()) }, "Score")),
    );
    column.focus();
  }

  async function start({ rows, columns }, column) {
    fill(asked);
    others = columns.filter((one) => one !== column && one !== "id");
    posts = rows.map(({ row, values }) => postOf(row, values, column));
    running = new AbortController();
    const mine = running;
    const began = performance.now();
    progress.hidden = cancel.hidden = false;
    progress.value = 0;
    const tell = (done) => {
      progress.value = done / posts.length;
      if (!done) return;
      const rate = done / ((performance.now() - began) / 1000);
      const left = Math.ceil((posts.length - done) / rate);
      fill(status, `${done.toLocaleString("en")} of ${posts.length.toLocaleString("en")} posts, ${Math.round(rate).toLocaleString("en")} a second, about ${left} s left.`);
    };
    fill(status, `0 of ${posts.length.toLocaleString("en")} posts.`);
    let ended = "";
    try {
      await scoreAll(posts, {
        asked: policy.asked,
        signal: mine.signal,
        onprogress: (done) => mine === running && tell(done),
        onwait: (left, problem) => mine === running && fill(status, whyWaiting(left, problem)),
      });
    } catch (error) {
      if (mine !== running) return;
      mine.abort();
      if (error.name === "AbortError") ended = "Stopped. What was scored is below.";
      else if (error instanceof Problem) ended = `${error.message} What was scored is below.`;
      else throw error;
    }
    if (mine !== running) return;
    leave();
    const bad = posts.filter((post) => post.problem).length;
    const done = posts.filter((post) => post.reply).length;
    fill(status, `${done.toLocaleString("en")} of ${posts.length.toLocaleString("en")} posts scored${bad ? `, ${bad.toLocaleString("en")} could not be` : ""}. ${ended}`);
    results.hidden = false;
    fill(opened);
    showAll(true);
  }

  function showAll(fromShipped) {
    const values = posts.filter((post) => post.reply).map((post) => post.reply.scores[label.value]);
    spread.show(values, fromShipped ? thresholdOf(posts, label.value, service) : undefined);
    showTable();
  }

  function showTable() {
    const shown = posts.filter(
      ({ reply }) =>
        (category.value === "any" || reply?.targets.some((one) => one.category === category.value)) &&
        (band.value === "any" || reply?.band === band.value) &&
        (!only.checked || (reply && reply.scores[label.value] >= threshold)),
    );
    fill(count, `${counted(shown.length, "post")} shown.`, shown.length < posts.length && " A download holds these alone.");
    fill(opened);
    table.show(shown, label.value);
  }

  function openPost(post) {
    const { reply } = post;
    fill(
      opened,
      h("h3", {}, `Row ${post.row}`),
      h("blockquote", { dir: "auto" }, beginning(post.text, reply?.spans ?? [], LONGEST)),
      h("p", {}, reply ? reply.reason : post.problem),
      reply && h("p", { class: "small" }, service.labels.map((one) => `${words(one)} ${score(reply.scores[one])}`).join(", ")),
    );
    opened.scrollIntoView({ block: "nearest" });
  }

  function saveCsv() {
    const ours = ["row", "id", "text", ...service.labels, "category", "mechanism", "decision", "reason", "policy", "model", "problem"];
    const header = [...ours];
    for (let one of others) {
      while (header.includes(one)) one = `file.${one}`;
      header.push(one);
    }
    const lines = table.posts.map(({ row, id, text, values, reply, problem }) =>
      csvLine([
        row,
        id,
        text,
        ...service.labels.map((one) => reply?.scores[one] ?? ""),
        categoriesOf(reply),
        mechanismsOf(reply),
        reply?.band,
        reply?.reason,
        reply?.policy && `${reply.policy.id} ${reply.policy.version}`,
        reply && `${reply.model.name} ${reply.model.version}`,
        problem,
        ...others.map((one) => written(fieldOf(values, one))),
      ]),
    );
    save(`${stem()}.scores.csv`, "text/csv", ["\ufeff", csvLine(header), ...lines]);
  }

  function saveLines() {
    const lines = table.posts.map(({ row, id, text, values, reply, problem }) => {
      const fields = others.length ? Object.fromEntries(others.map((one) => [one, fieldOf(values, one)])) : undefined;
      return `${JSON.stringify({ row, id, text, ...reply, decided: undefined, problem, fields })}\n`;
    });
    save(`${stem()}.scores.jsonl`, "application/x-ndjson", lines);
  }

  const stem = () => name.replace(/\.[^.]*$/, "");

  return {
    title: "File",
    element: h("div", {}, h("h1", {}, "A file of posts"), policy.element, drop, asked, progress, status, cancel, results),
    leave,
    shown: () => table.shown(),
  };
}

function postOf(row, values, column) {
  const post = { row, id: fieldOf(values, "id"), text: fieldOf(values, column) ?? "", values };
  if (typeof post.text === "string") return post;
  return { ...post, text: JSON.stringify(post.text), problem: `The field “${column}” is not a text.` };
}

/** What a row has by a name: not what every object has. */
const fieldOf = (values, name) => (Object.hasOwn(values, name) ? values[name] : undefined);

/** What a cell holds of a value that JSON lines gave. */
const written = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : value);

function choice(id, names, onchange) {
  return h("select", { id, onchange }, names.map((one) => h("option", { value: one }, words(one))));
}
