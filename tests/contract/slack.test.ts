import { afterEach, describe, expect, it } from 'vitest';
import { plain } from '../../src/core/richtext.js';
import { ELSEWHERE, GENERAL, OWNER } from '../fakes/slack/index.js';
import { describeAdapter } from './adapter-suite.js';
import { slackHarness } from './slack-harness.js';
import { APPROVAL, closeSlackRigs, delivery, openSlackRig, shared } from './slack-rig.js';

describeAdapter(slackHarness);

afterEach(closeSlackRigs);

describe('Slack outbound', () => {
  it('sends into threads without previews, literally, with its mark (CHAN-14, GUARD-14)', async () => {
    const { slack, adapter } = await openSlackRig();
    const root = slack.people.says('root');
    const text = '<!channel> *not bold* https://example.org @here';
    const { messageId } = await adapter.send(delivery('d1', text, { address: shared(root.ts) }));
    const [reply] = slack.replies(GENERAL, root.ts);
    expect(reply?.ts).toBe(messageId);
    expect(reply && slack.text(reply)).toBe(text);
    expect(slack.violations).toEqual([]);
  });

  it('finds a send whose answer was lost, and only that one (TURN-4)', async () => {
    const { slack, adapter } = await openSlackRig();
    const root = slack.people.says('root');
    for (const address of [shared(), shared(root.ts)]) {
      const id = `lost-${address.thread ?? 'top'}`;
      const lost = delivery(id, id, { address });
      slack.fault('chat.postMessage', { kind: 'lost' });
      await expect(adapter.send(lost)).rejects.toMatchObject({ code: 'channel.unknown' });
      const found = await adapter.findSent?.(lost);
      const posted = slack.replies(GENERAL).filter((message) => slack.text(message) === id);
      expect(posted.map((message) => message.ts)).toEqual([found?.messageId]);
      expect(await adapter.findSent?.(delivery('other', 'other', { address }))).toBeNull();
    }
    expect(slack.calls.filter((call) => call.method === 'chat.postMessage')).toHaveLength(2);
  });

  it.each([
    [{ kind: 'rate_limited', retryAfterSeconds: 7 } as const, { code: 'channel.rate_limited', retryAfterMs: 7_000 }],
    [{ kind: 'status', status: 503 } as const, { code: 'channel.unavailable', retryable: true }],
    [{ kind: 'status', status: 500 } as const, { code: 'channel.unknown', retryable: true }],
    [{ kind: 'refused' } as const, { code: 'channel.unknown' }],
    [{ kind: 'error', error: 'not_in_channel' } as const, { code: 'channel.rejected', retryable: false }],
    [{ kind: 'error', error: 'msg_too_long' } as const, { code: 'channel.too_large' }],
    [{ kind: 'error', error: 'token_revoked' } as const, { code: 'channel.unauthorized' }],
  ])('tells %o apart and never tries by itself (CHAN-8)', async (fault, expected) => {
    const { slack, adapter } = await openSlackRig();
    slack.fault('chat.postMessage', fault);
    await expect(adapter.send(delivery('d1', 'x'))).rejects.toMatchObject(expected);
    expect(slack.calls.filter((call) => call.method === 'chat.postMessage')).toHaveLength(1);
  });

  it('says that nothing was sent where Slack cannot be reached at all', async () => {
    const { slack, adapter } = await openSlackRig();
    slack.goesDown();
    await expect(adapter.send(delivery('d1', 'x'))).rejects.toMatchObject({ code: 'channel.unavailable' });
    await slack.comesBack();
    await adapter.send(delivery('d1', 'x'));
    expect(slack.replies(GENERAL)).toHaveLength(1);
  });

  it('takes the buttons away with an edit that has none (APPR-1)', async () => {
    const { slack, adapter } = await openSlackRig();
    const content = { text: plain('Run?'), buttons: APPROVAL };
    const { messageId } = await adapter.send(delivery('d1', '', { content }));
    const card = slack.replies(GENERAL)[0];
    expect(card && slack.buttons(card)).toEqual(['Approve', 'Deny']);
    await adapter.edit?.({ address: shared(), messageId }, { text: plain('✓ Approved 14:02') });
    expect(card && slack.buttons(card)).toEqual([]);
    expect(card && slack.text(card)).toBe('✓ Approved 14:02');
    expect(card?.history).toHaveLength(1);
  });

  it('shows a link to one person only where that is asked for (APPR-2)', async () => {
    const { slack, adapter } = await openSlackRig();
    await adapter.send(delivery('d1', 'for you', { ephemeralTo: OWNER }));
    expect(slack.ephemerals(OWNER).map((message) => slack.text(message))).toEqual(['for you']);
    expect(slack.replies(GENERAL)).toEqual([]);
    const file = { name: 'a.txt', mimeType: 'text/plain', bytes: new Uint8Array([1]) };
    await expect(
      adapter.send(delivery('d2', 'x', { ephemeralTo: OWNER, content: { text: plain('x'), file } })),
    ).rejects.toMatchObject({ code: 'channel.rejected' });
    expect(slack.replies(GENERAL)).toEqual([]);
  });

  it('shares a file before the message that refers to it, and once (CHAN-5)', async () => {
    const { slack, adapter } = await openSlackRig();
    const root = slack.people.says('root');
    const bytes = Buffer.from('all of the diff\r\n--not a boundary');
    const card = delivery('d1', '', {
      address: shared(root.ts),
      content: { text: plain('Change'), file: { name: 'diff.txt', mimeType: 'text/plain', bytes }, buttons: APPROVAL },
    });
    slack.fault('chat.postMessage', { kind: 'rate_limited', retryAfterSeconds: 1 });
    await expect(adapter.send(card)).rejects.toMatchObject({ code: 'channel.rate_limited' });
    const { messageId } = await adapter.send(card);
    const [shownFile, message, ...more] = slack.replies(GENERAL, root.ts);
    expect(more).toEqual([]);
    expect(shownFile?.files[0]).toMatchObject({ name: 'diff.txt' });
    expect(shownFile?.files[0]?.bytes.equals(bytes)).toBe(true);
    expect(message?.ts).toBe(messageId);
    expect(slack.violations).toEqual([]);
  });

  it('says the limit for a file that is too large, and sends nothing (TOOL-7)', async () => {
    const { slack, adapter } = await openSlackRig();
    const bytes = new Uint8Array(adapter.capabilities.maxUploadBytes + 1);
    const content = { text: plain('x'), file: { name: 'a.iso', mimeType: 'application/octet-stream', bytes } };
    await expect(adapter.send(delivery('d1', '', { content }))).rejects.toMatchObject({ code: 'channel.too_large' });
    expect(slack.replies(GENERAL)).toEqual([]);
  });

  it('deletes its own messages, and the owner’s with the owner’s token only (PASTE-2)', async () => {
    const without = await openSlackRig();
    expect(without.adapter.capabilities.deletesOwnerMessages).toEqual({ direct: false, shared: false });
    const pasted = without.slack.people.directMessage('my key');
    const address = { channel: 'slack', space: pasted.channel, direct: true };
    await expect(without.adapter.delete?.({ address, messageId: pasted.ts })).rejects.toMatchObject({
      code: 'channel.rejected',
    });

    const { slack, adapter } = await openSlackRig({ userToken: true });
    expect(adapter.capabilities.deletesOwnerMessages).toEqual({ direct: true, shared: true });
    const theirs = slack.people.directMessage('my key');
    const own = await adapter.send(delivery('d1', 'mine', { address }));
    await adapter.delete?.({ address, messageId: theirs.ts });
    await adapter.delete?.({ address, messageId: own.messageId });
    await adapter.delete?.({ address, messageId: own.messageId });
    expect(slack.deleted().map((message) => [message.ts, message.deletedBy])).toEqual([
      [theirs.ts, OWNER],
      [own.messageId, 'U0AGENT'],
    ]);
    const ownerCalls = slack.calls.filter((call) => call.token === 'user').map((call) => call.method);
    expect(ownerCalls).toEqual(['chat.delete']);
  });

  it('downloads what the owner sent, within the limit, from Slack alone (CHAN-12)', async () => {
    const { slack, adapter, events } = await openSlackRig();
    const bytes = Buffer.from('%PDF-1.7 content');
    const file = { name: 'paper.pdf', mimetype: 'application/pdf', bytes };
    await slack.people.directMessage('read this', { files: [file] }).event;
    const event = events[0];
    const ref = event?.kind === 'message.created' ? event.attachments[0] : undefined;
    if (!ref) throw new Error('no attachment');
    expect(ref).toMatchObject({ name: 'paper.pdf', mimeType: 'application/pdf', size: bytes.length, kind: 'file' });
    expect(Buffer.from(await adapter.download(ref, 1_000)).equals(bytes)).toBe(true);
    await expect(adapter.download(ref, 4)).rejects.toMatchObject({ code: 'channel.too_large' });
    const id = /F\d+/.exec(ref.fileId)?.[0] ?? '';
    expect(Buffer.from(await adapter.download({ ...ref, fileId: id }, 1_000)).equals(bytes)).toBe(true);
    const foreign = { ...ref, fileId: 'https://files.slack.com.evil.example/x' };
    await expect(adapter.download(foreign, 1_000)).rejects.toMatchObject({ code: 'channel.rejected' });
    slack.revoke('bot');
    await expect(adapter.download(ref, 1_000)).rejects.toMatchObject({ code: 'channel.rejected' });
  });

  it('opens the direct conversation once', async () => {
    const { slack, adapter } = await openSlackRig();
    const address = await adapter.openDirect(OWNER);
    expect(address).toEqual({ channel: 'slack', space: slack.workspace.direct(OWNER).id, direct: true });
    await adapter.openDirect(OWNER);
    expect(slack.calls.filter((call) => call.method === 'conversations.open')).toHaveLength(1);
    await expect(adapter.openDirect('UNOBODY')).rejects.toMatchObject({ code: 'channel.rejected' });
    const outside = delivery('d1', 'x', { address: { channel: 'slack', space: ELSEWHERE, direct: false } });
    await expect(adapter.send(outside)).rejects.toMatchObject({ code: 'channel.rejected' });
  });
});
