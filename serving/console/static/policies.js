/** By which policy a page has its texts decided. */

import { h } from "./dom.js";

/**
 * A choice among the policies of the service; nothing to see where there are not several.
 *
 * Returns `{element, asked}`: asked is what a request says of it. onchange: told when it changes.
 */
export function policyChoice({ policies, defaultPolicy }, id, onchange) {
  if (policies.length < 2) return { element: null, asked: {} };
  const select = h(
    "select",
    { id, onchange },
    policies.map((one) => h("option", { value: one.id, selected: one.id === defaultPolicy }, `${one.id} ${one.version}: ${one.title}`)),
  );
  return {
    element: h("p", {}, h("label", { for: id }, "Decided by "), select),
    get asked() {
      return select.value === defaultPolicy ? {} : { policy: select.value };
    },
  };
}
