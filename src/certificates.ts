import { Secret } from './core/secret.js';
import type { Vault } from './vault/vault.js';
import type { CertificateStore } from './web/certificate.js';

/** The product's own CA and certificate are an entry of the vault that no tool can name. */
export const CERTIFICATE_ENTRY = 'TLS_CERTIFICATE';

export function certificateStore(vault: Vault): CertificateStore {
  return {
    // After `vault reset` the entry is there and empty: then a new one is made, and phones must trust it anew.
    load() {
      const entry = vault.product.list().find(({ name }) => name === CERTIFICATE_ENTRY);
      return entry === undefined || entry.state === 'empty' ? null : vault.product.get(CERTIFICATE_ENTRY).reveal();
    },
    save: (text) => vault.product.put({ name: CERTIFICATE_ENTRY, value: new Secret(text), hosts: [] }),
  };
}
