import type { Store } from '../store/store.js';
import { requestLabel } from '../vault/request.js';
import type { Again } from '../vault/rotate.js';
import { linkLabel } from './secrets.js';

/** Everything outside the vault's own rows that lies under its key: joins the transaction of a rotation. */
export function resealRows(store: Store, again: Again): void {
  store.secretRequests.resealKeys((tokenHash, sealed) => again(requestLabel(tokenHash), sealed));
  store.deliveries.resealLinks((id, sealed) => again(linkLabel(id), sealed));
}
