/** File: many posts at once. They are read here and sent in small requests; nothing is kept. */

import { Problem, whyWaiting } from "./api.js";
import { counted, fill, h, later, score, words } from "./dom.js";
import { downloads, fieldOf } from "./download.js";
import { histogram } from "./histogram.js";
import { mainLabel, policyChoice } from "./policies.js";
import { previewPanel } from "./preview.js";
import { rowsTable } from "./rows.js";
import { scoreAll, thresholdOf } from "./scoring.js";
import { beginning } from "./view.js";

const NAMED = 5; // rows that could not be scored, in the line about the file
const NOT_SCORED = "not scored";
const LONGEST = 25_000; // characters of a post that is opened; longer ones are not scored

export function filePage(service) {
  let posts = [];
  let name = "";
  let threshold = 0;
  let labelled = null; // the policy whose label was chosen at first
  let running = null;
  let reading = null;
  const input = h("input", { type: "file", id: "file", accept: ".csv,.tsv,.jsonl,.ndjson,.txt", onclick: () => (input.value = ""), onchange: () => input.files[0] && open(input.files[0]) });
  const drop = h("div", { class: "drop" }, h("label", { for: "file" }, "Drop a file here, or choose one: "), input, h("p", { class: "small" }, "CSV, TSV, JSON lines or plain text with one post a line. The file is read in the browser, and nothing of it is stored."));
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
  const policy = policyChoice(service, "file-policy", () => {
    if (posts.length) fill(status, "Score the file again to apply this policy.");
  });
  const preview = previewPanel({ onscore: start });
  const back = h("button", { type: "button", hidden: true, onclick: () => ((back.hidden = true), preview.reopen()) }, "Back to the preview");
  const progress = h("progress", { max: "1", value: "0", hidden: true, "aria-label": "Posts scored" });
  const status = h("p", { class: "status", role: "status" });
  const cancel = h("button", { type: "button", hidden: true, onclick: () => (running?.abort(), input.focus()) }, "Stop");
  const opened = h("div", { class: "opened" });
  const table = rowsTable({ onopen: openPost });
  const saving = downloads({ labels: service.labels, categories: service.categories, mechanisms: service.mechanisms, shown: () => table.posts });
  const spread = histogram({
    onthreshold(value) {
      threshold = value;
      soonShown();
    },
  });
  const label = choice("of-label", service.labels, () => showAll());
  const category = choice("of-category", ["any", ...service.categories], () => showTable());
  const band = choice("of-band", ["any", "allow", "review", "act", NOT_SCORED], () => showTable());
  const only = h("input", { type: "checkbox", id: "only-over", onchange: () => showTable() });
  const count = h("p", { role: "status" });
  const soonShown = later(() => only.checked && showTable(), 100);
  const results = h(
    "div",
    { hidden: true },
    h("h2", {}, "Distribution of scores"),
    h("p", {}, h("label", { for: "of-label" }, "Label "), label),
    spread.element,
    h("h2", {}, "Posts"),
    h(
      "p",
      { class: "filters" },
      h("span", {}, h("label", { for: "of-category" }, "Group "), category),
      h("span", {}, h("label", { for: "of-band" }, "Decision "), band),
      h("span", {}, only, h("label", { for: "only-over" }, " only at or over the threshold")),
    ),
    count,
    table.element,
    opened,
    saving.element,
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
    results.hidden = back.hidden = true;
    preview.close();
    fill(status, `Reading ${name}…`);
    try {
      const bytes = await file.arrayBuffer();
      if (mine !== reading) return; // another file has come
      preview.open(name, bytes);
      fill(status, name);
    } catch (error) {
      if (mine === reading) fill(status, error.message);
    }
  }

  async function start({ rows, columns }, column) {
    leave();
    preview.close();
    results.hidden = true;
    saving.offer(name, columns.filter((one) => one !== column && one !== "id"));
    posts = rows.map(({ row, values }) => postOf(row, values, column));
    const used = policy.id;
    running = new AbortController();
    const mine = running;
    const began = performance.now();
    progress.hidden = cancel.hidden = false;
    cancel.focus();
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
      if (error.name === "AbortError") ended = "Stopped. The posts scored so far are below.";
      else if (error instanceof Problem) ended = `${error.message} The posts scored so far are below.`;
      else throw error;
    }
    if (mine !== running) return;
    const hadFocus = document.activeElement === cancel;
    leave();
    const bad = posts.filter((post) => post.problem);
    const done = posts.filter((post) => post.reply).length;
    fill(status, `${done.toLocaleString("en")} of ${posts.length.toLocaleString("en")} posts scored${bad.length ? `, ${bad.length.toLocaleString("en")} could not be. ${whichOf(bad)}` : "."} ${ended}`);
    if (labelled !== used) label.value = mainLabel(service, used);
    labelled = used;
    results.hidden = back.hidden = false;
    if (hadFocus) back.focus();
    fill(opened);
    showAll();
  }

  function showAll() {
    const values = posts.filter((post) => post.reply).map((post) => post.reply.scores[label.value]);
    const own = thresholdOf(posts, label.value, service);
    spread.show(values, own.threshold, { label: words(label.value), isUsed: own.isUsed });
    showTable();
  }

  function showTable() {
    const shown = posts.filter(
      ({ reply }) =>
        (category.value === "any" || reply?.targets.some((one) => one.category === category.value)) &&
        (band.value === "any" || (band.value === NOT_SCORED ? !reply : reply?.band === band.value)) &&
        (!only.checked || (reply && reply.scores[label.value] >= threshold)),
    );
    fill(count, `${counted(shown.length, "post")} shown.`, shown.length < posts.length && " Downloads contain only these.");
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

  return {
    title: "File",
    element: h("div", {}, h("h1", {}, "Score a file"), policy.element, drop, progress, status, preview.element, h("p", {}, cancel, back), results),
    leave,
    shown: () => table.shown(),
  };
}

function postOf(row, values, column) {
  const post = { row, id: fieldOf(values, "id"), text: fieldOf(values, column) ?? "", values };
  if (typeof post.text === "string") return post;
  return { ...post, text: JSON.stringify(post.text), problem: `The field “${column}” is not a text.` };
}

/** Which posts could not be scored, in a sentence. */
function whichOf(bad) {
  const rows = bad.slice(0, NAMED).map(({ row }) => row.toLocaleString("en"));
  const more = bad.length > NAMED ? ` and ${(bad.length - NAMED).toLocaleString("en")} more` : "";
  return `Not scored: row${bad.length > 1 ? "s" : ""} ${rows.join(", ")}${more}; choose “${NOT_SCORED}” under Decision for the reasons.`;
}

function choice(id, names, onchange) {
  return h("select", { id, onchange }, names.map((one) => h("option", { value: one }, words(one))));
}
