/**
 * Makes .env.example and docs/configuration.md from the table in src/config.ts. With `--check` it writes nothing and
 * fails where a file differs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLACEHOLDER, VARIABLES } from '../src/config.js';

interface Row {
  readonly name: string;
  readonly byDefault: string | null;
  readonly secret: boolean;
  readonly allowed: string;
  readonly meaning: string;
}

/** Headings of the generated files, by the first variable that stands under each. */
const SECTIONS: Readonly<Record<string, string>> = {
  SENESCHAL_HOME: 'Home and vault',
  SENESCHAL_MODEL: 'Model',
  TELEGRAM_BOT_TOKEN: 'Telegram',
  SLACK_BOT_TOKEN: 'Slack',
  DISCORD_BOT_TOKEN: 'Discord',
  SENESCHAL_BIND: 'HTTPS listener',
  SENESCHAL_NETWORK_ALLOW: 'Limits and preferences',
  SENESCHAL_PUBLISHED_HOST: 'Docker Compose',
};

const rows: readonly Row[] = Object.entries(VARIABLES).map(([name, variable]) => ({
  name,
  byDefault: variable.default,
  secret: 'secret' in variable,
  allowed: variable.allowed,
  meaning: variable.meaning,
}));

/** Path from the repository's root → exact content. */
export const GENERATED: Readonly<Record<string, string>> = {
  '.env.example': envExample(),
  'docs/configuration.md': configurationPage(),
};

function envExample(): string {
  const lines = rows.flatMap((row) => [
    ...heading(row, (title) => `\n## ${title}\n`),
    `# ${row.meaning}. Allowed: ${row.allowed}.`,
    `#${row.name}=${row.secret ? PLACEHOLDER : (row.byDefault ?? '')}`,
  ]);
  return `# Every variable of Seneschal. Copy what you need to .env in the home folder (HOME/.env), or set it in the environment,
# which wins. NAME_FILE names a file that holds the value, for each of them. Made by \`npm run docs\`.
${lines.join('\n')}
`;
}

function configurationPage(): string {
  const lines = rows.flatMap((row) => [
    ...heading(row, (title) => `\n## ${title}\n\n| variable | default | allowed | meaning |\n|---|---|---|---|`),
    `| \`${row.name}\` | ${shownDefault(row)} | ${cell(row.allowed)} | ${cell(row.meaning)} |`,
  ]);
  return `# Configuration

All configuration is environment variables, read once at start and checked against one table, \`src/config.ts\`, from
which \`npm run docs\` makes this page. The order is environment, \`HOME/.env\`, a \`.env\` in the folder of the start, vault,
built-in default. A wrong value stops the start with one line that names the variable, what it got and what is allowed. Each
variable also accepts \`NAME_FILE\`, a file that holds the value, as Docker and systemd secrets do. Variables that are not here
are ignored without a word, so check the spelling.
${lines.join('\n')}
`;
}

function heading(row: Row, show: (title: string) => string): string[] {
  const title = SECTIONS[row.name];
  return title === undefined ? [] : [show(title)];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function shownDefault(row: Row): string {
  if (row.secret) return 'none (secret)';
  return row.byDefault ? `\`${row.byDefault}\`` : 'none';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  for (const [path, content] of Object.entries(GENERATED)) {
    const file = join(root, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
    if (process.argv.includes('--check')) {
      console.error(`${path} is not what src/config.ts says. Run: npm run docs`);
      process.exitCode = 1;
    } else {
      writeFileSync(file, content);
    }
  }
}
