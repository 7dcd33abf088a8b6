import type { SetupHome } from './cli-setup-home.js';
import type { Prompts } from './cli-setup-prompts.js';
import { SeneschalError } from './core/errors.js';
import { Secret } from './core/secret.js';
import type { Chosen } from './core/vault.js';
import type { ProductVerdict } from './gateway/secrets.js';

/** The model's provider and key: tested with one call, kept in the vault, used by a running gateway at once. */
export interface ModelSaved {
  readonly saved: string;
  readonly model: string;
  readonly tested: boolean;
  /** Environment variables that win over what was saved. */
  readonly overriddenBy: readonly string[];
}

type Good = Extract<ProductVerdict, { kind: 'good' }>;

/** Without questions. Throws with the provider's reason; keeps what could not be tested only where `untested` says so. */
export async function saveModel(
  home: SetupHome,
  chosen: Chosen,
  key: Secret | null,
  untested: boolean,
): Promise<ModelSaved> {
  const verdict = await home.setup.check(chosen, key);
  if (verdict.kind === 'refused') throw new SeneschalError('model.unauthorized', verdict.reason);
  if (verdict.untested !== null && !untested) {
    throw new SeneschalError('model.unreachable', `${verdict.untested} Nothing was kept.`, {
      hint: 'Add --untested to keep it nevertheless.',
    });
  }
  return keep(home, verdict);
}

export function modelSentence(saved: ModelSaved): string {
  const over = saved.overriddenBy.map((name) => ` The environment variable ${name} is set and wins over it.`);
  const tested = saved.tested ? 'It was tested with one call.' : 'It is not tested.';
  return `Saved ${saved.saved}. ${tested} ${saved.model} answers from now on.${over.join('')}`;
}

export async function askModel(home: SetupHome, prompts: Prompts): Promise<void> {
  const choices = await prompts.during('Looking for an Ollama on this box', () => home.setup.choices());
  const id = await prompts.select('Who answers you?', choices);
  const isServer = id === 'compatible';
  for (;;) {
    const address = isServer ? await prompts.text('Its address', 'http://127.0.0.1:1234/v1') : '';
    const typed = id.startsWith('ollama/')
      ? ''
      : await prompts.secret(isServer ? 'Its key, if it wants one' : 'The key');
    const model = isServer ? await prompts.text('The model (left empty: the first that it offers)', '') : '';
    const key = typed.trim() === '' ? null : new Secret(typed.trim());
    const verdict = await prompts.during('Testing it with one call', () =>
      home.setup.check({ id, address, model }, key),
    );
    if (verdict.kind === 'refused') {
      prompts.warn(verdict.reason);
      if (!(await prompts.confirm('Enter it again?'))) return;
      continue;
    }
    if (verdict.untested !== null) {
      prompts.warn(verdict.untested);
      if (!(await prompts.confirm('Keep it untested?'))) return;
    }
    prompts.say(modelSentence(keep(home, verdict)));
    return;
  }
}

function keep(home: SetupHome, verdict: Good): ModelSaved {
  home.store.transaction(() => {
    verdict.keep(false);
    home.store.audit.add('secret.saved', { name: verdict.name, hosts: '' });
  });
  return {
    saved: verdict.name,
    model: home.models.current().name,
    tested: verdict.untested === null,
    overriddenBy: [...verdict.entries, 'SENESCHAL_MODEL'].filter(
      (name) => Reflect.get(home.config, name) !== undefined,
    ),
  };
}
