// What the clients for Node make of a server: node clients.mjs URL KEY. Prints JSON.
import { google } from 'googleapis';
import OpenAI from 'openai';

const [url, key] = process.argv.slice(2);
const asked = (text, more = {}) => ({
  comment: { text },
  requestedAttributes: { TOXICITY: {} },
  languages: ['en'],
  ...more,
});
const refused = async (call) => {
  try {
    return { unexpected: await call() };
  } catch (error) {
    return { status: error.status ?? error.code, message: error.message, errors: error.errors };
  }
};

// As Perspective's own example does it: the client builds itself from the discovery document.
const discovered = await google.discoverAPI(`${url}/$discovery/rest?version=v1alpha1`);
const analyzed = await discovered.comments.analyze({
  key,
  resource: asked('You are a fool. 😀', { clientToken: '7', spanAnnotations: true }),
});
const suggested = await discovered.comments.suggestscore({
  key,
  resource: {
    comment: { text: 'You are a fool.' },
    attributeScores: { TOXICITY: { summaryScore: { value: 1 } } },
    communityId: 'node',
  },
});
const masked = await discovered.comments.analyze({
  key,
  fields: 'languages',
  resource: asked('hello'),
});

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const moderated = await openai.moderations.create({
  input: ['Good morning.', 'Migrants are vermin.'],
});

console.log(
  JSON.stringify({
    analyzed: analyzed.data,
    suggested: suggested.data,
    masked: masked.data,
    empty: await refused(() => discovered.comments.analyze({ key, resource: asked('') })),
    badKey: await refused(() => discovered.comments.analyze({ key: 'wrong', resource: asked('x') })),
    moderated: moderated.results.map((result) => ({
      flagged: result.flagged,
      hate: result.categories.hate,
      violence: result.category_scores.violence,
    })),
    image: await refused(() =>
      openai.moderations.create({
        input: [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }],
      }),
    ),
    openaiBadKey: await refused(() =>
      new OpenAI({ baseURL: `${url}/v1`, apiKey: 'wrong', maxRetries: 0 }).moderations.create({
        input: 'x',
      }),
    ),
  }),
);
