import { expect, it } from 'vitest';
import { createSecretGuard } from '../../../src/guards/secrets/guard.js';
import { rotatePage } from '../../../src/guards/secrets/rotate-page.js';

const guard = createSecretGuard();

it.each([
  ['MY_KEY', ['sk', 'live', 'h7Qd2LmPz9Xw4Rt8Vb3Np7dc'].join('_'), /stripe/],
  ['STRIPE_KEY', null, /stripe/],
  ['OPENAI_API_KEY', 'not a form that anybody knows', /openai/],
  ['GITHUB', null, /github/],
])('the provider’s page for %s is known by its value or its name (SECRET-7)', (name, value, page) => {
  expect(rotatePage(guard, name, value)).toMatch(page);
});

it.each(['DEMO_KEY', 'STRIPED_SHIRT', 'A'])('no page is made up for %s', (name) => {
  expect(rotatePage(guard, name, null)).toBeNull();
});
