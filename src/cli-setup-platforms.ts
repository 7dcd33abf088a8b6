import { z } from 'zod';
import type { Config, VariableName } from './config.js';
import type { Secret } from './core/secret.js';
import { type System, within } from './core/system.js';

/** The chat platforms as setup sees them: what to create there, which tokens, and one call that tests them. */
export type TokenName = Extract<VariableName, `${string}_BOT_TOKEN` | `${string}_APP_TOKEN` | `${string}_USER_TOKEN`>;

export interface Token {
  readonly name: TokenName;
  readonly label: string;
  /** What it begins with, where that tells tokens apart. */
  readonly prefix: string;
  readonly isOptional: boolean;
}

export type Tokens = Readonly<Partial<Record<TokenName, Secret>>>;

export type Tested =
  /** `notes` are lines to follow, such as a link that invites the bot. */
  | { readonly kind: 'good'; readonly who: string; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'untested'; readonly reason: string };

export interface Platform {
  readonly id: 'telegram' | 'slack' | 'discord';
  readonly label: string;
  /** What to do on the platform first. */
  readonly how: readonly string[];
  /** Text to paste there. */
  readonly paste?: string;
  readonly tokens: readonly Token[];
  /** Where the owner finds the own id. */
  readonly ownId: string;
  test(tokens: Tokens, config: Config, system: System): Promise<Tested>;
}

const CALL_MS = 15_000;

const telegram: Platform = {
  id: 'telegram',
  label: 'Telegram',
  how: [
    'In Telegram, open https://t.me/BotFather and send /newbot.',
    'Give it a name, and a user name that ends in "bot".',
    'BotFather answers with a token such as 123456:ABC…: that is what is asked for here.',
    'Then send /setjoingroups, choose the bot, and Disable, unless you want it in a group.',
  ],
  tokens: [{ name: 'TELEGRAM_BOT_TOKEN', label: 'Token from BotFather', prefix: '', isOptional: false }],
  ownId: 'a number; https://t.me/userinfobot tells it',
  async test(tokens, config, system) {
    const token = tokens.TELEGRAM_BOT_TOKEN?.reveal() ?? '';
    const root = config.TELEGRAM_API_ROOT ?? 'https://api.telegram.org';
    const answer = await call(system, 'Telegram', `${root}/bot${encodeURIComponent(token).replace('%3A', ':')}/getMe`);
    if (answer.kind !== 'answered') return answer;
    const me = z.object({ result: z.object({ username: z.string() }) }).safeParse(answer.body);
    if (me.success) {
      return { kind: 'good', who: `@${me.data.result.username}`, notes: [`https://t.me/${me.data.result.username}`] };
    }
    const isRefused = answer.status === 401 || answer.status === 404;
    return isRefused ? refused('Telegram does not accept the token.') : odd('Telegram', answer.status);
  },
};

/** As in adapters/slack/README.md; a test holds the two together. */
export const SLACK_MANIFEST = `display_information:
  name: Seneschal
  description: One person's agent on one person's box
features:
  app_home:
    home_tab_enabled: false
    messages_tab_enabled: true
    messages_tab_read_only_enabled: false
  bot_user:
    display_name: seneschal
    always_online: true
  slash_commands:
    - command: /seneschal
      description: A command, or anything you want done
      usage_hint: "help | stop | status | new | what you want done"
      should_escape: false
oauth_config:
  scopes:
    bot:
      - app_mentions:read
      - channels:history
      - chat:write
      - commands
      - files:read
      - files:write
      - groups:history
      - im:history
      - im:write
      - mpim:history
      - reactions:read
    user:
      - chat:write
settings:
  event_subscriptions:
    bot_events:
      - app_mention
      - message.im
      - reaction_added
      - reaction_removed
  interactivity:
    is_enabled: true
  socket_mode_enabled: true
  token_rotation_enabled: false
  org_deploy_enabled: false
`;

const slack: Platform = {
  id: 'slack',
  label: 'Slack',
  how: [
    'On https://api.slack.com/apps: Create New App, From a manifest, your workspace, Next.',
    'Choose the tab YAML, replace what stands there by the text below, Next, Create.',
    'Basic Information, App-Level Tokens, Generate Token and Scopes, Add Scope connections:write: the token xapp-…',
    'Install App, Install to your workspace: the Bot User OAuth Token xoxb-…',
    'Optional, from the same page: the User OAuth Token xoxp-…; with it pasted keys are deleted for you.',
    'You write to it in the sidebar: Apps, Seneschal, the tab Messages.',
  ],
  paste: SLACK_MANIFEST,
  tokens: [
    { name: 'SLACK_BOT_TOKEN', label: 'Bot User OAuth Token', prefix: 'xoxb-', isOptional: false },
    { name: 'SLACK_APP_TOKEN', label: 'App-Level Token', prefix: 'xapp-', isOptional: false },
    { name: 'SLACK_USER_TOKEN', label: 'User OAuth Token (optional)', prefix: 'xoxp-', isOptional: true },
  ],
  ownId: 'your profile, Copy member ID',
  async test(tokens, config, system) {
    const root = (config.SLACK_API_URL ?? 'https://slack.com/api').replace(/\/$/, '');
    let who = 'the app';
    for (const [name, method] of [
      ['SLACK_BOT_TOKEN', 'auth.test'],
      ['SLACK_APP_TOKEN', 'apps.connections.open'],
      ['SLACK_USER_TOKEN', 'auth.test'],
    ] as const) {
      const token = tokens[name];
      if (!token) continue;
      const headers = { authorization: `Bearer ${token.reveal()}` };
      const answer = await call(system, 'Slack', `${root}/${method}`, { method: 'POST', headers });
      if (answer.kind !== 'answered') return answer;
      const said = z
        .object({ ok: z.boolean(), error: z.string().optional(), user: z.string().optional() })
        .safeParse(answer.body);
      if (!said.success) return odd('Slack', answer.status);
      if (!said.data.ok) return refused(`Slack does not accept ${name}: ${word(said.data.error)}.`);
      if (name === 'SLACK_BOT_TOKEN') who = `@${said.data.user ?? 'seneschal'}`;
    }
    return { kind: 'good', who, notes: [] };
  },
};

/** View Channels, Send Messages, Manage Messages, Attach Files, Read Message History, Send Messages in Threads. */
const DISCORD_PERMISSIONS = '274878016512';

export function discordInvite(applicationId: string): string {
  return `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot+applications.commands&permissions=${DISCORD_PERMISSIONS}`;
}

const discord: Platform = {
  id: 'discord',
  label: 'Discord',
  how: [
    'On https://discord.com/developers/applications: New Application, any name.',
    'Installation, Install Link, None, Save. Then Bot, Public Bot off, Save: in the other order Discord refuses.',
    'Optional, on the page Bot: Message Content Intent on. With it the agent reads what others wrote before a mention.',
    'Bot, Reset Token: that is what is asked for here.',
    'After the token is tested, a link that invites the bot to a server of yours is shown.',
    "Then write to it: in that server's member list open the bot, Message.",
  ],
  tokens: [{ name: 'DISCORD_BOT_TOKEN', label: 'Bot token', prefix: '', isOptional: false }],
  ownId: 'a number; Settings, Advanced, Developer Mode, then right-click your name, Copy User ID',
  async test(tokens, config, system) {
    const root = config.DISCORD_API_URL ?? 'https://discord.com/api';
    const headers = { authorization: `Bot ${tokens.DISCORD_BOT_TOKEN?.reveal() ?? ''}` };
    const me = await call(system, 'Discord', `${root}/v10/users/@me`, { headers });
    if (me.kind !== 'answered') return me;
    if (me.status === 401) return refused('Discord does not accept the token.');
    const user = z.object({ username: z.string() }).safeParse(me.body);
    if (!user.success) return odd('Discord', me.status);
    const application = await call(system, 'Discord', `${root}/v10/applications/@me`, { headers });
    const known = z.object({ id: z.string() }).safeParse(application.kind === 'answered' ? application.body : null);
    const notes = [known.success ? discordInvite(known.data.id) : discordInvite('APPLICATION_ID')];
    return { kind: 'good', who: user.data.username, notes };
  },
};

export const PLATFORMS: readonly Platform[] = [telegram, slack, discord];

type Answered = { readonly kind: 'answered'; readonly status: number; readonly body: unknown };

/** One request. A token may stand in the address, so no error of the platform's or the network's is quoted. */
async function call(
  system: System,
  label: string,
  url: string,
  init: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answered | Extract<Tested, { kind: 'refused' | 'untested' }>> {
  try {
    return await within(system, CALL_MS, async (signal) => {
      const response = await fetch(url, { ...init, signal, redirect: 'error' });
      return { kind: 'answered', status: response.status, body: await response.json().catch(() => null) };
    });
  } catch (thrown) {
    const code = (thrown as { cause?: { code?: unknown } }).cause?.code;
    // A token that no header or address can hold is no token.
    if (code === undefined && thrown instanceof TypeError && /header|URL/i.test(thrown.message)) {
      return refused(`${label} cannot take this as a token.`);
    }
    return { kind: 'untested', reason: `${label} cannot be reached${typeof code === 'string' ? ` (${code})` : ''}.` };
  }
}

const refused = (reason: string): Tested & { kind: 'refused' } => ({ kind: 'refused', reason });

const odd = (label: string, status: number): Tested => ({
  kind: 'untested',
  reason: `${label} answered with status ${status}, so the token could not be tested.`,
});

/** A platform's error word, and nothing that could be more. */
const word = (text: string | undefined): string => (text && /^[a-z_]{1,60}$/.test(text) ? text : 'refused');
