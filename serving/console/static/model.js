/** Model: what it is for, its limits, its numbers with their intervals, and where it comes from. */

import { ask, askPatiently, hasKey, Problem } from "./api.js";
import { fill, h, link, score, words } from "./dom.js";
import { perThousand } from "./per_thousand.js";
import { ratesView } from "./rates.js";
import { reliability } from "./reliability.js";

/** Numbers of which less is better. */
const LOW = /brier|calibration_error|fpr|fnr|flips?\b|difference/;

export function modelPage(service) {
  const { manifest } = service;
  const card = h("div", {}, "Loading the model card…");
  const use = h("div", {});
  const limits = h("div", {});
  const rates = h("div", {});
  const diagram = h("div", {});
  const choice = h(
    "select",
    { id: "reliability-label", onchange: draw },
    Object.keys(manifest.reliability).map((name) => h("option", { value: name }, words(name))),
  );

  function draw() {
    fill(diagram, reliability(choice.value, manifest.reliability[choice.value]));
  }

  async function readCard() {
    try {
      const found = await askPatiently("/v1/model-card", { role: "any" });
      fill(use, chapter("Intended use", sectionOf(found.sections, "intended-use")));
      fill(limits, chapter("Limits", sectionOf(found.sections, "biasAndLimitations")));
      fill(rates, ratesView(found));
      fill(
        card,
        h("p", {}, `${found.modelName} ${found.version}, released on ${found.releaseDate}.`),
        found.sections.map((section) => sectionView(section)),
      );
    } catch (problem) {
      fill(card, h("p", {}, problem.message));
    }
  }

  const change = h("div", {});
  draw();
  readCard();
  return {
    title: "Model",
    element: h(
      "div",
      {},
      h("h1", {}, "The model"),
      h("p", { class: "lead" }, `${manifest.name} ${manifest.version}: ${manifest.description}`),
      h("div", { class: "two" }, use, limits),
      h(
        "div",
        { class: "beside" },
        h("section", {}, h("h2", {}, "Per 1,000 posts"), perThousand(manifest)),
        h("section", {}, h("h2", {}, "Are the probabilities right?"), h("p", {}, h("label", { for: "reliability-label" }, "Label "), choice), diagram),
      ),
      h("h2", {}, "Error rates by group"),
      rates,
      h("h2", {}, "Metrics, with 95 % intervals"),
      metrics(manifest.metrics),
      h("h2", {}, "Training data"),
      sources(manifest.sources),
      h("h2", {}, "Model card"),
      card,
      h("h2", {}, "Files and checksums"),
      h(
        "dl",
        { class: "facts" },
        fact("Bundle", `${manifest.name} ${manifest.version}`),
        fact("SHA-256", h("code", {}, service.sha256)),
        fact("Base model", `${manifest.base_model.name} (${manifest.base_model.licence})`),
        fact("Weights", `${manifest.quantization.weights}, in windows of ${manifest.window.length} tokens`),
        fact("Self-test", `${manifest.golden.rows} texts, with a largest difference of ${service.golden_difference.toExponential(1)} on this machine`),
      ),
      change,
    ),
    shown() {
      if (!hasKey("admin")) fill(change);
      else if (!change.firstChild) fill(change, reloading());
    },
  };
}

const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];

/** A section of the card by its id, wherever it stands. */
function sectionOf(sections, id) {
  for (const section of sections) {
    const found = section.id === id ? section : sectionOf(section.subsections ?? [], id);
    if (found) return found;
  }
  return null;
}

function chapter(title, section) {
  const said = (section?.fields ?? []).map(({ label, value }) => h("p", {}, label === section.title ? value : `${label}: ${value}`));
  return said.length ? [h("h2", {}, title), said] : [];
}

function reloading() {
  const status = h("span", { role: "status" });
  const reload = async () => {
    fill(status, " Loading and verifying…");
    try {
      const now = await ask("/v1/admin/reload", { body: {}, role: "admin" });
      fill(status, ` Now serving ${now.name} ${now.version}. Reload this page to see it.`);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      fill(status, ` ${problem.message}`);
    }
  };
  return h("p", {}, h("button", { type: "button", onclick: reload }, "Reload the bundle from disk"), status);
}

/** The metrics of one test set at a time. */
function metrics(rows) {
  const table = h("div", {});
  const draw = () => fill(table, metricsOf(rows.filter(({ suite }) => suite === choice.value)));
  const names = [...new Set(rows.map(({ suite }) => suite))];
  const choice = h("select", { id: "metrics-of", onchange: draw }, names.map((name) => h("option", { value: name }, words(name))));
  if (names.includes("natural")) choice.value = "natural";
  draw();
  return h("div", {}, h("p", {}, h("label", { for: "metrics-of" }, "Metrics on "), choice), table);
}

function metricsOf(rows) {
  return scrolling(
    "Metrics of the model",
    h(
      "table",
      { class: "narrow" },
      h("thead", {}, h("tr", {}, ["label", "metric", "value", "interval", "rows"].map((name, index) => h("th", { scope: "col", class: index > 1 ? "number" : "" }, name)))),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, words(row.label)),
            h("td", {}, words(row.name), LOW.test(row.name) && h("span", { class: "small" }, " (lower is better)")),
            h("td", { class: "number" }, score(row.value)),
            h("td", { class: "number" }, `${score(row.low)} to ${score(row.high)}`),
            h("td", { class: "number" }, row.rows.toLocaleString("en")),
          ),
        ),
      ),
    ),
  );
}

function sources(rows) {
  return scrolling(
    "Sources of the training data",
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ["source", "rows", "licence", "verified", "citation"].map((name, index) => h("th", { scope: "col", class: index === 1 ? "number" : "" }, name)))),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, link(row.upstream, row.name)),
            h("td", { class: "number" }, row.rows.toLocaleString("en")),
            h("td", {}, row.licence),
            h("td", {}, row.licence_verified ? "yes" : "no"),
            h("td", {}, row.citation),
          ),
        ),
      ),
    ),
  );
}

/** A table that may be wider than the page: it scrolls in its own frame, also by keyboard. */
const scrolling = (name, table) => h("div", { class: "scrolling", tabindex: "0", role: "region", "aria-label": name }, table);

function sectionView(section) {
  return h(
    "details",
    { id: `card-${section.id}` },
    h("summary", {}, section.title),
    section.fields.map((field) =>
      field.label === section.title
        ? h("p", {}, field.value)
        : h("p", { class: "field" }, h("strong", {}, field.label), ": ", field.value),
    ),
    (section.subsections ?? []).map((inner) => sectionView(inner)),
  );
}
