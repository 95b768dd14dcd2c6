/** Making elements. Text is always set as text, never as markup: what people paste stays words. */

/**
 * An element. Attributes that begin with `on` are listeners, `style` is an object of properties
 * (set one by one, which a strict Content-Security-Policy allows), true and false are presence.
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") {
      for (const [property, one] of Object.entries(value)) element.style.setProperty(property, one);
    } else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child != null && child !== false));
  return element;
}

/** A link to a page of the web. What is no such address, `javascript:` above all, is no link: its words stay. */
export function link(address, ...children) {
  return /^https?:\/\//i.test(address) ? h("a", { href: address, rel: "noreferrer" }, ...children) : children;
}

/** Put children in the place of those that an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(2).filter((child) => child != null && child !== false));
}

/** Show whether what an element holds is about what was there before. */
export function setStale(element, isStale) {
  element.classList.toggle("stale", isStale);
  element.setAttribute("aria-busy", String(isStale));
}

/** A number of [0, 1] as the console writes it. */
export const score = (value) => value.toFixed(2);

/** A threshold that people copy into a policy. */
export const exact = (value) => value.toFixed(3);

/** The same with its sign. */
export const change = (value) => `${value < 0 ? "−" : "+"}${score(Math.abs(value))}`;

/** `immigration_status` as words. */
export const words = (name) => name.replaceAll("_", " ");

/** The name of a language of ISO 639, in English. */
export function languageName(tag) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** So many of them, `1 post` or `2,000 posts`. */
export const counted = (count, name) => `${count.toLocaleString("en")} ${name}${count === 1 ? "" : "s"}`;

/** Call `work` once nothing more has come for so many milliseconds. */
export function later(work, milliseconds) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
}

/** Hand the browser a file to save. */
export function save(name, type, pieces) {
  const address = URL.createObjectURL(new Blob(pieces, { type }));
  const anchor = h("a", { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The end of a scale from 0 on which shares are well seen: as near above the largest as divides into quarters. */
export const endOfScale = (shares) => [0.04, 0.08, 0.2, 0.4].find((end) => shares.every((one) => one <= end)) ?? 1;
