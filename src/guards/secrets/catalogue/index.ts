import type { SecretKind } from '../kind.js';
import { CLOUD_KINDS } from './clouds.js';
import { CODE_KINDS } from './code.js';
import { COMMERCE_KINDS } from './commerce.js';
import { FURTHER_KINDS } from './further.js';
import { GENERAL_KINDS } from './general.js';
import { MESSAGING_KINDS } from './messaging.js';
import { MODEL_KINDS } from './models.js';
import { OPERATIONS_KINDS } from './operations.js';

/** Every kind of secret the guard knows. Where two fit the same text equally, the more special one names it. */
export const SECRET_KINDS: readonly SecretKind[] = [
  ...MODEL_KINDS,
  ...CODE_KINDS,
  ...CLOUD_KINDS,
  ...MESSAGING_KINDS,
  ...OPERATIONS_KINDS,
  ...COMMERCE_KINDS,
  ...FURTHER_KINDS,
  ...GENERAL_KINDS,
];
