/** A request as a person would write it in their own code. */

import { addressOf } from "./api.js";

/** How to ask for the score of a post, `{text}` and perhaps `policy`, by language. */
export function snippets(post, withKey, isDecided) {
  const [inPython, inJavaScript] = isDecided ? ['["decision"]["reason"]', ".decision.reason"] : ['["scores"]', ".scores"];
  const address = addressOf("/v1/score");
  const body = JSON.stringify(post);
  const fields = Object.entries(post).map(([name, value]) => [name, JSON.stringify(value)]);
  const quoted = body.replaceAll("'", "'\\''");
  const curl = [
    `curl -s ${address} \\`,
    ...(withKey ? [`  -H "authorization: Bearer $UPSTANDER_KEY" \\`] : []),
    `  -H 'content-type: application/json' \\`,
    `  -d '${quoted}'`,
  ];
  const python = [
    ...(withKey ? ["import os", ""] : []),
    "import httpx",
    "",
    "reply = httpx.post(",
    `    ${JSON.stringify(address)},`,
    `    json={${fields.map(([name, value]) => `"${name}": ${value}`).join(", ")}},`,
    ...(withKey
      ? [`    headers={"Authorization": f"Bearer {os.environ['UPSTANDER_KEY']}"},`]
      : []),
    ")",
    "reply.raise_for_status()",
    `print(reply.json()${inPython})`,
  ];
  const javascript = [
    `const response = await fetch(${JSON.stringify(address)}, {`,
    `  method: "POST",`,
    "  headers: {",
    `    "content-type": "application/json",`,
    ...(withKey ? ["    authorization: `Bearer ${process.env.UPSTANDER_KEY}`,"] : []),
    "  },",
    `  body: JSON.stringify({ ${fields.map(([name, value]) => `${name}: ${value}`).join(", ")} }),`,
    "});",
    `console.log((await response.json())${inJavaScript});`,
  ];
  return {
    curl: curl.join("\n"),
    Python: python.join("\n"),
    JavaScript: javascript.join("\n"),
  };
}
