import type { DiscordState } from './state.js';

/** An error answer of the API: HTTP status, Discord's code, and what it says. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function invalidForm(message: string): Refusal {
  return new Refusal(400, 50035, `Invalid Form Body: ${message}`);
}

export const refusals = {
  unauthorized: () => new Refusal(401, 0, '401: Unauthorized'),
  notFound: () => new Refusal(404, 0, '404: Not Found'),
  unknownChannel: () => new Refusal(404, 10003, 'Unknown Channel'),
  unknownMessage: () => new Refusal(404, 10008, 'Unknown Message'),
  unknownUser: () => new Refusal(404, 10013, 'Unknown User'),
  unknownWebhook: () => new Refusal(404, 10015, 'Unknown Webhook'),
  unknownInteraction: () => new Refusal(404, 10062, 'Unknown interaction'),
  tooLarge: () => new Refusal(413, 40005, 'Request entity too large'),
  acknowledged: () => new Refusal(400, 40060, 'Interaction has already been acknowledged.'),
  missingAccess: () => new Refusal(403, 50001, 'Missing Access'),
  dmAction: () => new Refusal(403, 50003, 'Cannot execute action on a DM channel'),
  notAuthor: () => new Refusal(403, 50005, 'Cannot edit a message authored by another user'),
  empty: () => new Refusal(400, 50006, 'Cannot send an empty message'),
  closedDirect: () => new Refusal(403, 50007, 'Cannot send messages to this user'),
  missingPermissions: () => new Refusal(403, 50013, 'Missing Permissions'),
  invalidToken: () => new Refusal(401, 50027, 'Invalid Webhook Token'),
};

const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Checks a message body as Discord does, and what this product must never leave out. Throws Refusal. */
export function checkMessage(state: DiscordState, body: Record<string, unknown>, fileBytes: number): void {
  if (typeof body.content === 'string' && [...body.content].length > 2000) {
    throw invalidForm('content[BASE_TYPE_MAX_LENGTH]: Must be 2000 or fewer in length.');
  }
  if (typeof body.nonce === 'string' && body.nonce.length > 25) throw invalidForm('nonce[BASE_TYPE_MAX_LENGTH]');
  if (fileBytes > MAX_FILE_BYTES) throw refusals.tooLarge();
  checkComponents(body.components);
  if (!silencesMentions(body.allowed_mentions)) {
    state.violations.push('a message could ping: allowed_mentions is not {"parse":[]}');
  }
  if ((Number(body.flags ?? 0) & 4) === 0) state.violations.push('a message without SUPPRESS_EMBEDS');
}

export function checkComponents(components: unknown): void {
  if (components === undefined) return;
  if (!Array.isArray(components) || components.length > 5) throw invalidForm('components[BASE_TYPE_BAD_LENGTH]');
  const ids = new Set<string>();
  for (const row of components) {
    if (row?.type !== 1 || !Array.isArray(row.components)) throw invalidForm('components[UNION_TYPE_CHOICES]');
    if (row.components.length < 1 || row.components.length > 5) throw invalidForm('components[BASE_TYPE_BAD_LENGTH]');
    for (const button of row.components) {
      const { custom_id: customId, label } = button ?? {};
      if (typeof customId !== 'string' || customId.length < 1 || customId.length > 100) throw invalidForm('custom_id');
      if (ids.has(customId)) throw invalidForm('components[COMPONENT_CUSTOM_ID_DUPLICATED]');
      ids.add(customId);
      if (button.type === 2 && (typeof label !== 'string' || label.length < 1 || label.length > 80)) {
        throw invalidForm('label[BASE_TYPE_BAD_LENGTH]');
      }
    }
  }
}

function silencesMentions(allowed: unknown): boolean {
  if (typeof allowed !== 'object' || allowed === null || !('parse' in allowed)) return false;
  return Array.isArray(allowed.parse) && allowed.parse.length === 0 && !('users' in allowed) && !('roles' in allowed);
}

export function checkCommands(commands: unknown): void {
  if (!Array.isArray(commands) || commands.length > 100) throw invalidForm('commands');
  const names = new Set<string>();
  for (const command of commands) {
    const { name, description, options } = command ?? {};
    if (typeof name !== 'string' || !/^[-_'\p{Ll}\p{N}]{1,32}$/u.test(name)) throw invalidForm(`name: ${name}`);
    if (names.has(name)) throw invalidForm('APPLICATION_COMMANDS_DUPLICATE_NAME');
    names.add(name);
    if (typeof description !== 'string' || description.length < 1 || description.length > 100) {
      throw invalidForm(`description of ${name}`);
    }
    for (const option of options ?? []) {
      const fine = /^[-_\p{Ll}\p{N}]{1,32}$/u.test(option?.name ?? '') && option.type === 3;
      if (!fine || !(option.description?.length >= 1 && option.description.length <= 100)) {
        throw invalidForm(`option of ${name}`);
      }
    }
  }
}
