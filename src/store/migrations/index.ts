import { core } from './001-core.js';
import { vault } from './002-vault.js';
import { requests } from './003-requests.js';
import { provenance } from './004-provenance.js';
import { reminders } from './005-reminders.js';

/** In order; the position (from 1) is the database's `user_version` after it. A landed migration never changes. */
export const MIGRATIONS: readonly string[] = [core, vault, requests, provenance, reminders];
