import { Secret } from './core/secret.js';
import type { Vault } from './vault/vault.js';
import type { CertificateStore } from './web/certificate.js';

/** The product's own CA and certificate are an entry of the vault that no tool can name. */
export const CERTIFICATE_ENTRY = 'TLS_CERTIFICATE';

export function certificateStore(vault: Vault): CertificateStore {
  return {
    load: () => (vault.product.has(CERTIFICATE_ENTRY) ? vault.product.get(CERTIFICATE_ENTRY).reveal() : null),
    save: (text) => vault.product.put({ name: CERTIFICATE_ENTRY, value: new Secret(text), hosts: [] }),
  };
}
