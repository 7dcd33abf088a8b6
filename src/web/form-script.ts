/**
 * The form's script; it stands in the page under a CSP hash. It reveals, reads a file into a field, and on submit seals
 * the fields to the key in the link's fragment (vault/request.ts states the format). Without it, or where the link has
 * lost its fragment, the form posts its fields over TLS as they are.
 */
export const FORM_SCRIPT = `'use strict';
(() => {
  const form = document.querySelector('form');
  if (!form) return;
  const token = location.pathname.split('/').pop();
  const fragment = location.hash.slice(1);
  const text = new TextEncoder();
  const problem = document.getElementById('problem');
  const fields = [...form.querySelectorAll('[name=value]')];

  for (const button of form.querySelectorAll('[data-reveal]')) {
    const field = document.getElementById(button.dataset.reveal);
    button.hidden = false;
    button.addEventListener('click', () => {
      const show = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(show));
      if (field.tagName === 'TEXTAREA') field.classList.toggle('masked', !show);
      else field.type = show ? 'text' : 'password';
    });
  }

  for (const button of form.querySelectorAll('[data-file]')) {
    const field = document.getElementById(button.dataset.file);
    const picker = Object.assign(document.createElement('input'), { type: 'file' });
    button.hidden = false;
    button.addEventListener('click', () => picker.click());
    picker.addEventListener('change', async () => {
      const [file] = picker.files;
      picker.value = '';
      if (!file) return;
      try {
        if (file.size > 65536) return say(form.dataset.large);
        field.value = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
        say('');
      } catch {
        say(form.dataset.binary);
      }
    });
  }

  document.getElementById(/^[\\w-]{87}$/.test(fragment) ? 'sealed' : 'plain').hidden = false;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const save = form.querySelector('.save');
    save.disabled = true;
    form.setAttribute('aria-busy', 'true');
    try {
      const body = new URLSearchParams();
      if (fragment === '') for (const [name, value] of new FormData(form)) body.append(name, value);
      else body.set('sealed', await seal());
      const answer = await fetch(location.pathname, { method: 'POST', body, redirect: 'error', credentials: 'omit' });
      show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    } catch {
      say(form.dataset.failed);
    }
    save.disabled = false;
    form.removeAttribute('aria-busy');
  });

  function say(sentence) {
    const line = Object.assign(document.createElement('p'), { className: 'problem', textContent: sentence });
    problem.replaceChildren(...(sentence ? [line] : []));
  }

  function show(page) {
    const found = page.getElementById('problem');
    if (found) {
      problem.replaceChildren(...found.childNodes);
      return;
    }
    const main = page.querySelector('main');
    if (!main) return say(page.body.textContent.trim());
    for (const field of fields) field.value = '';
    document.title = page.title;
    document.querySelector('main').replaceWith(main);
    main.querySelector('h1').focus();
  }

  async function seal() {
    const confirm = form.querySelector('[name=confirm]');
    const typed = (name) => form.querySelector('[name=' + name + ']').value;
    const chosen = form.querySelector('[name=provider]') && {
      chosen: { id: typed('provider'), address: typed('address'), model: typed('model') },
    };
    const plain = JSON.stringify({
      values: fields.map((field) => field.value),
      hosts: typed('hosts'),
      confirm: confirm !== null && confirm.checked,
      ...chosen,
    });
    const { subtle } = crypto;
    const curve = { name: 'ECDH', namedCurve: 'P-256' };
    const raw = Uint8Array.from(atob(fragment.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
    const box = await subtle.importKey('raw', raw, curve, false, []);
    const own = await subtle.generateKey(curve, false, ['deriveBits']);
    const point = new Uint8Array(await subtle.exportKey('raw', own.publicKey));
    const shared = await subtle.deriveBits({ name: 'ECDH', public: box }, own.privateKey, 256);
    const info = new Uint8Array([...text.encode('seneschal.form.1'), ...point, ...raw]);
    const hkdf = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
    const key = await subtle.deriveKey(how, hkdf, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const additionalData = text.encode(token);
    const sealed = await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, text.encode(plain));
    const message = new Uint8Array([...point, ...iv, ...new Uint8Array(sealed)]);
    let binary = '';
    for (const byte of message) binary += String.fromCharCode(byte);
    return btoa(binary).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  }
})();
`;
