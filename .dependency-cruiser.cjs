/**
 * The import rule of ARCHITECTURE.md, made from one list. A file imports its own room or a lower number; equal numbers
 * are strangers; no room imports a root file of src/; an adapter sees src/core and its own SDK; each library has its
 * place. tests/architecture.test.ts plants breaches and asserts that each is found.
 */
const ROOMS = {
  core: 0,
  store: 1,
  vault: 1,
  guards: 1,
  model: 2,
  policy: 2,
  tools: 3,
  agent: 4,
  gateway: 5,
  web: 5,
};

/** Leaves that rooms of the same or a higher number share. */
const SHARED = ['^src/guards/redact\\.ts$'];

/** The root files that build the parts, and so are the only ones that may see adapters. */
const COMPOSITION = '^src/(app|channels)\\.ts$';

/** Where each library may be imported. A library that is not here may not be imported by the product. */
const LIBRARIES = {
  zod: ['^src/(?!core/)', '^adapters/'],
  '@anthropic-ai/sdk': ['^src/model/anthropic'],
  openai: ['^src/model/openai'],
  '@pydantic/genai-prices': ['^src/model/pricing\\.ts$'],
  'better-sqlite3': ['^src/store/'],
  '@secretlint/core': ['^src/guards/secrets/'],
  '@secretlint/secretlint-rule-preset-recommend': ['^src/guards/secrets/'],
  'ipaddr.js': ['^src/guards/', '^src/web/'],
  undici: ['^src/guards/'],
  yaml: ['^src/guards/'],
  unbash: ['^src/guards/', '^src/tools/command/'],
  'file-type': ['^src/tools/'],
  unpdf: ['^src/tools/worker/'],
  linkedom: ['^src/tools/worker/'],
  '@mozilla/readability': ['^src/tools/worker/'],
  turndown: ['^src/tools/worker/'],
  mdast: ['^src/gateway/markdown'],
  'mdast-util-from-markdown': ['^src/gateway/markdown'],
  'mdast-util-gfm': ['^src/gateway/markdown'],
  'micromark-extension-gfm': ['^src/gateway/markdown'],
  hono: ['^src/web/'],
  '@hono/node-server': ['^src/web/'],
  selfsigned: ['^src/web/'],
  uqr: ['^src/web/', '^src/cli'],
  pino: ['^src/log\\.ts$'],
  commander: ['^src/cli'],
  '@clack/prompts': ['^src/cli'],
  grammy: ['^adapters/telegram/'],
  '@grammyjs/auto-retry': ['^adapters/telegram/'],
  '@slack/bolt': ['^adapters/slack/'],
  'discord.js': ['^adapters/discord/'],
};

/** Node's own modules that only compute: core may use these and no others. */
const PURE = '^(crypto|util|buffer|string_decoder)$';

const quoted = (text) => text.replace(/[.\\/]/g, '\\$&');
const inModules = (name) => `node_modules/(@types/)?${quoted(name)}/`;

const rooms = Object.entries(ROOMS).map(([room, number]) => ({
  name: `room-${room}`,
  comment: `src/${room} has number ${number}: it imports itself and lower numbers only`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: {
    path: '^(src|adapters|tests|scripts)/',
    pathNot: [
      `^src/${room}/`,
      ...Object.keys(ROOMS)
        .filter((other) => ROOMS[other] < number)
        .map((other) => `^src/${other}/`),
      ...SHARED.filter(() => number > 0),
    ],
  },
}));

const libraries = Object.entries(LIBRARIES).map(([name, places]) => ({
  name: `library-${name}`,
  comment: `${name} is imported in its own place only`,
  severity: 'error',
  from: { path: '^(src|adapters)/', pathNot: places },
  to: { path: inModules(name) },
}));

module.exports = {
  forbidden: [
    ...rooms,
    ...libraries,
    {
      name: 'room-unknown',
      comment: 'A new folder of src/ gets its number in ROOMS first',
      severity: 'error',
      from: { path: '^(src|adapters)/' },
      to: { path: '^src/[^/]+/', pathNot: `^src/(${Object.keys(ROOMS).join('|')})/` },
    },
    {
      name: 'library-unlisted',
      comment: 'A library gets its place in LIBRARIES first',
      severity: 'error',
      from: { path: '^(src|adapters)/' },
      to: { path: 'node_modules/', pathNot: Object.keys(LIBRARIES).map(inModules) },
    },
    {
      name: 'core-pure',
      comment: 'core imports nothing but what only computes',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { dependencyTypes: ['core'], pathNot: PURE },
    },
    {
      name: 'adapter-alone',
      comment: 'An adapter sees its own folder and src/core',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^(src|adapters|tests|scripts)/', pathNot: ['^src/core/', '^adapters/$1/'] },
    },
    {
      name: 'adapters-by-composition',
      comment: 'Only the composition root sees adapters, and only their index.ts',
      severity: 'error',
      from: { path: '^src/', pathNot: COMPOSITION },
      to: { path: '^adapters/' },
    },
    {
      name: 'adapters-by-index',
      comment: 'index.ts is the only door of an adapter',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^adapters/', pathNot: '^adapters/[^/]+/index\\.ts$' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      comment: 'A file that nobody imports is dead',
      severity: 'error',
      from: { orphan: true, path: '^(src|adapters)/', pathNot: '^src/main\\.ts$' },
      to: {},
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    tsConfig: { fileName: `${__dirname}/tsconfig.json` },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'require', 'types'],
    },
  },
};
