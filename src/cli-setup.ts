import { type Command, Option } from 'commander';
import type { CliContext, Flags } from './cli-context.js';
import { askChat, chatSentences, checkOwnerIds, platformOf, readTokens, saveChat } from './cli-setup-chat.js';
import { openHome, type SetupHome } from './cli-setup-home.js';
import { askModel, modelSentence, saveModel } from './cli-setup-model.js';
import { PLATFORMS } from './cli-setup-platforms.js';
import { createPrompts, type Prompts, SetupEnded } from './cli-setup-prompts.js';
import {
  applyReach,
  askReach,
  lookAround,
  ownAuthority,
  planReach,
  triedSentence,
  tryReach,
  WAYS,
  type Way,
} from './cli-setup-reach.js';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import { PROVIDERS } from './model-setup.js';

/**
 * `seneschal setup`: questions at a terminal, one step by flags anywhere. A key or token comes from a hidden prompt or
 * from standard input, never from argv. It works beside a running gateway, which takes up what it can by itself.
 */
export interface SetupFlags extends Flags {
  readonly provider?: string;
  readonly model?: string;
  readonly baseUrl?: string;
  readonly telegram?: boolean;
  readonly slack?: boolean;
  readonly discord?: boolean;
  readonly owner?: readonly string[];
  readonly untested?: boolean;
  readonly reach?: Way;
  readonly publicUrl?: string;
}

export function addSetupCommand(program: Command, context: CliContext): void {
  program
    .command('setup')
    .description('choose the model, connect chats, and say from where links open')
    .option('--provider <name>', 'anthropic, openai, mistral, compatible or ollama/MODEL; its key on standard input')
    .option('--model <name>', 'a certain model of that provider')
    .option('--base-url <address>', 'the address of a compatible server')
    .option('--telegram', 'store the bot token from standard input')
    .option('--slack', 'store the tokens from standard input, one a line')
    .option('--discord', 'store the bot token from standard input')
    .option('--owner <id...>', 'your own id on that platform; without it a pairing code is made')
    .option('--untested', 'keep what could not be tested because nobody answered')
    .addOption(new Option('--reach <way>', 'from where links to the form open').choices([...WAYS]))
    .option('--public-url <address>', 'the own name for --reach name')
    .option('--json', 'answer in JSON')
    .action(
      context.run(async (flags) => {
        const isTerminal = context.input.isTTY === true && context.output.isTTY === true;
        await setup(context, flags, isTerminal ? createPrompts(context.input, context.output) : null);
      }),
    );
}

/** `prompts` is null where nobody can answer. */
export async function setup(context: CliContext, flags: SetupFlags, prompts: Prompts | null): Promise<void> {
  const platforms = PLATFORMS.filter(({ id }) => flags[id]);
  const steps = platforms.length + (flags.provider === undefined ? 0 : 1) + (flags.reach === undefined ? 0 : 1);
  if (steps > 1) throw new SeneschalError('config.invalid', 'One step at a time: standard input holds one thing.');
  const home = await openHome(context);
  try {
    const [platform] = platforms;
    if (flags.provider !== undefined) await model(context, flags, home, flags.provider);
    else if (platform) await chat(context, flags, home, platform.id);
    else if (flags.reach !== undefined) await reach(context, flags, home, flags.reach);
    else if (prompts && !flags.json) await wizard(context, home, prompts);
    else tellWhatCanBeSet(context, flags, home);
  } catch (thrown) {
    if (!(thrown instanceof SetupEnded)) throw thrown;
    prompts?.end('Ended. What was saved stays.');
  } finally {
    home.close();
  }
}

async function model(context: CliContext, flags: SetupFlags, home: SetupHome, provider: string): Promise<void> {
  const typed = provider.startsWith('ollama') ? '' : (await context.readSecret('The key (not shown): ')).trim();
  const chosen = { id: provider, address: flags.baseUrl ?? '', model: flags.model ?? '' };
  const saved = await saveModel(home, chosen, typed === '' ? null : new Secret(typed), flags.untested ?? false);
  context.say(saved, modelSentence(saved), flags.json);
}

async function chat(context: CliContext, flags: SetupFlags, home: SetupHome, id: string): Promise<void> {
  const platform = platformOf(id);
  const owners = checkOwnerIds(platform, flags.owner ?? []);
  const tokens = readTokens(platform, await context.readSecret('The token (not shown): '));
  const saved = await saveChat(home, platform, tokens, owners, flags.untested ?? false);
  context.say(saved, chatSentences(platform, saved).join('\n'), flags.json);
}

async function reach(context: CliContext, flags: SetupFlags, home: SetupHome, way: Way): Promise<void> {
  const { publicUrl } = flags;
  const wanted = { way, ...(publicUrl === undefined ? {} : { publicUrl }) };
  const plan = planReach(home, context.environment, await lookAround(), wanted);
  applyReach(home, plan);
  const authority = await ownAuthority(home, plan);
  const isRunning = home.isRunning();
  const answer = isRunning ? await tryReach(home, plan, authority) : null;
  const lines = [
    `Links will begin with ${plan.url}. ${isRunning ? 'Restart Seneschal to take this up.' : ''}`.trim(),
    ...plan.overriddenBy.map((name) => `The environment variable ${name} is set and wins over it.`),
    ...plan.steps,
    ...(authority ? [`The certificate to install is ${authority.path}, SHA-256 ${authority.fingerprint}.`] : []),
    triedSentence(plan, answer),
  ];
  const certificate = authority && { path: authority.path, fingerprint: authority.fingerprint };
  const { url, variables, steps, overriddenBy } = plan;
  context.say(
    { way, url, variables, steps, overriddenBy, certificate, isRunning, tried: answer },
    lines.join('\n'),
    flags.json,
  );
}

async function wizard(context: CliContext, home: SetupHome, prompts: Prompts): Promise<void> {
  prompts.begin('Seneschal');
  if (home.madeKey) {
    prompts.say(
      `Made ${home.config.home}. The vault's key stands in its .env: keep a copy in a password manager, apart from backups.`,
    );
  }
  for (;;) {
    const state = stateOf(home);
    const step = await prompts.select('What do you want to set up?', [
      { id: 'model', label: 'The model', hint: state.missing === null ? state.model : 'no key yet' },
      ...PLATFORMS.map(({ id, label }) => ({
        id,
        label,
        ...(state.chats.includes(id) ? { hint: 'has a token' } : {}),
      })),
      { id: 'reach', label: 'From where links open', hint: state.links },
      { id: 'done', label: 'Nothing more' },
    ]);
    if (step === 'done') break;
    if (step === 'model') await askModel(home, prompts);
    else if (step === 'reach') await askReach(home, prompts, context.environment);
    else await askChat(home, prompts, platformOf(step));
  }
  prompts.end(home.isRunning() ? 'Seneschal is running.' : 'Start it with npm start.');
}

function stateOf(home: SetupHome) {
  const { config, vault, models } = home;
  const isSet = (name: string) => Reflect.get(config, name) !== undefined || vault.product.has(name);
  const links = config.SENESCHAL_PUBLIC_URL ?? `https://${config.SENESCHAL_BIND}:${config.SENESCHAL_PORT}`;
  return {
    model: models.current().name,
    missing: models.missing(),
    chats: PLATFORMS.filter(({ tokens }) => tokens.every((one) => one.isOptional || isSet(one.name))).map(
      ({ id }) => id,
    ),
    links,
  };
}

/** Where nobody can answer: what stands, and how each thing is set. */
function tellWhatCanBeSet(context: CliContext, flags: SetupFlags, home: SetupHome): void {
  const { model: name, missing, chats, links } = stateOf(home);
  const lines = [
    `Model: ${name}${missing === null ? '' : ', because no key is known'}. Chats: ${chats.join(', ') || 'none'}. Links: ${links}.`,
    'Nobody can answer questions here, so nothing is asked. Each thing is set by a line of its own:',
    `  seneschal setup --provider ${PROVIDERS.map(({ id }) => id).join('|')}|ollama/MODEL [--base-url ADDRESS] [--model NAME] < key-file`,
    '  seneschal setup --telegram [--owner ID] < token-file',
    '  seneschal setup --slack [--owner ID] < tokens-file',
    '  seneschal setup --discord [--owner ID] < token-file',
    '  seneschal setup --reach tailscale|name|lan|loopback [--public-url https://NAME]',
    'Or by variables of the environment: docs/configuration.md lists them.',
  ];
  context.say({ model: name, missing, chats, links, isRunning: home.isRunning() }, lines.join('\n'), flags.json);
}
