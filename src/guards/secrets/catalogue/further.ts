import type { SecretKind } from '../kind.js';
import { alnum, hex, prefixKinds, tokenKinds, url64 } from './entry.js';

/** Names that public ids begin with, in the form of a key: objects of APIs, sessions of shops, parts of built pages. */
const NO_KEYS =
  'ch|cs|cn|cus|evt|fc|file|gid|hash|id|ii|in|msg|module|pi|pk|phc|pm|po|price|prod|pub|public|publishable|req|request|resp|rs|run|sc|session|seti|sha\\d*|si|src|sub|test|thread|toolu|trace|txn|user|org|css|chunk|build|image|img|etag|cursor|page|batch|asst|acct|call|chatcmpl|commit|span|web|example|your|my';

/** Providers that joined later, and keys whose provider is not known. */
export const FURTHER_KINDS: readonly SecretKind[] = [
  ...prefixKinds([
    ['brex-token', 'Brex', 'API token', 'bxt_', alnum(30, 60), 'dashboard.brex.com/settings/developer'],
    ['wandb-new-key', 'Weights & Biases', 'API key', 'wandb_v1_', url64(40, 110), 'wandb.ai/authorize'],
    ['nylas-key', 'Nylas', 'API key', 'nyk_v0_', alnum(50, 80), 'dashboard-v3.nylas.com'],
    ['infracost-key', 'Infracost', 'API key', 'ico-', alnum(32), 'dashboard.infracost.io', { check: 'random' }],
    ['cal-key', 'Cal.com', 'API key', ['cal_live_', 'cal_test_'], hex(32), 'app.cal.com/settings/developer/api-keys'],
    [
      'defined-networking-key',
      'Defined Networking',
      'API key',
      'dnkey-',
      '[A-Za-z0-9=_]{26}-[A-Za-z0-9=_-]{52}',
      'admin.defined.net',
    ],
    [
      'browserbase-key',
      'Browserbase',
      'API key',
      ['bb_live_', 'bb_test_'],
      url64(24, 48),
      'www.browserbase.com/settings',
    ],
    [
      'convex-key',
      'Convex',
      'deploy key',
      ['prod:', 'dev:', 'preview:'],
      '[a-z]+-[a-z]+-\\d{1,4}\\|[A-Za-z0-9+/=_-]{40,240}',
      'dashboard.convex.dev',
    ],
    [
      'modal-token',
      'Modal',
      'token secret',
      ['as-', 'ak-'],
      alnum(22),
      'modal.com/settings/tokens',
      { check: 'random', near: ['modal', 'token'] },
    ],
    ['ngrok-key', 'ngrok', 'API key', 'ak_', alnum(27), 'dashboard.ngrok.com/api-keys', { check: 'random' }],
    [
      'yandex-oauth-token',
      'Yandex',
      'OAuth token',
      ['y0_', 'y1_', 'y2_', 'y3_'],
      url64(40, 160),
      'oauth.yandex.com',
      { check: 'random' },
    ],
  ]),
  ...tokenKinds([
    [
      'mailchimp-key',
      'Mailchimp',
      'API key',
      '[0-9a-f]{32}-us\\d{1,2}',
      'admin.mailchimp.com/account/api',
      { check: 'unlabelled' },
    ],
    [
      'woocommerce-secret',
      'WooCommerce',
      'consumer secret',
      'c[ks]_[0-9a-f]{40}',
      'woocommerce.com/document/woocommerce-rest-api',
    ],
    ['newrelic-license-key', 'New Relic', 'license key', '[0-9a-f]{36}NRAL', 'one.newrelic.com/api-keys'],
    ['azure-devops-new-token', 'Azure DevOps', 'access token', '[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}', 'dev.azure.com'],
    [
      'maxmind-key',
      'MaxMind',
      'license key',
      '[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk',
      'www.maxmind.com/en/accounts/current/license-key',
    ],
    ['sanity-token', 'Sanity', 'API token', 'sk[A-Za-z0-9]{80,180}', 'www.sanity.io/manage', { check: 'random' }],
    [
      'unknown-key',
      '',
      'key of an unnamed provider',
      `(?!(?:${NO_KEYS})[_-])[a-z][a-z0-9]{1,15}(?:[_-](?:live|prod|api|key|pat|sk|tok|token|secret|v\\d|admin|svc|sa)){0,2}_(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*\\d)[A-Za-z0-9]{32,120}`,
      undefined,
      { check: 'random' },
    ],
  ]),
];
