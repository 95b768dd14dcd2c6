/** Which policy decides, and the thresholds that it uses. */

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
    element: h("p", {}, h("label", { for: id }, "Policy "), select),
    get asked() {
      return select.value === defaultPolicy ? {} : { policy: select.value };
    },
  };
}

/**
 * The thresholds that decide, by label: those of a policy, or the balanced ones where none decides.
 *
 * decision: as in a reply, or null. A label that is missing decides nothing.
 */
export function thresholdsOf({ policies, thresholds }, decision) {
  if (!decision) return thresholds;
  const known = policies.find(({ id, sha256 }) => id === decision.policy.id && sha256 === decision.policy.sha256);
  const own = decision.label == null ? {} : { [decision.label]: decision.threshold };
  return { ...(known ? known.thresholds : thresholds), ...own }; // a policy that came after this page: the balanced ones
}
