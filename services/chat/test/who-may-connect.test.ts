import { describe, expect, test } from '@jest/globals';
import type { WireError } from '@taar/contracts';
import { aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { connectPhone } from '@taar/testing/phone';
import { io } from 'socket.io-client';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes;
const { chatId } = await chat.twoFriends();
const strict = await chat.startNode({ RATE_LIMIT_FACTOR: '1' });
const { host } = new URL(strict.url);

const proofOf = async (person: Person, fields: object = {}) => {
  const { deviceId } = await person.session();
  return { token: await person.token(), deviceId, protocol: 1, ...fields };
};

/** The answer to a handshake: null if it succeeds. */
const refusalOf = async (auth: object, Origin?: string) => {
  const socket = io(strict.url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
    ...(Origin !== undefined && { extraHeaders: { Origin } }),
  });
  const error = await new Promise<(Error & { data?: WireError }) | null>((resolve) => {
    socket.once('connect', () => resolve(null)).once('connect_error', resolve);
  });
  socket.disconnect();
  return error;
};

describe('the Origin of a handshake', () => {
  test.each(['http', 'https', 'ws', 'wss'])(
    'a native app that sends the host of the API with the scheme %s is connected',
    async (scheme) => {
      const person = chat.as(await aUser(chat.admin));
      expect(await refusalOf(await proofOf(person), `${scheme}://${host}`)).toBeNull();
    },
  );

  test.each([
    'https://evil.example',
    `https://evil.example/${host}`,
    `https://${host}@evil.example`,
    `https://${host}.evil.example`,
    'null',
    `file://${host}`,
  ])('a page of another site with the Origin %s is refused', async (origin) => {
    const person = chat.as(await aUser(chat.admin));
    expect(await refusalOf(await proofOf(person), origin)).not.toBeNull();
  });
});

test('a token that has expired is refused at the handshake, within the tolerance for clocks too', async () => {
  const person = chat.as(await aUser(chat.admin));
  const now = Math.floor(Date.now() / 1_000);
  const token = chat.keys.signToken(await person.session(), { iat: now - 800, exp: now - 5 });

  const error = await refusalOf(await proofOf(person, { token }));

  expect(error?.data).toMatchObject({ code: 'token_expired' });
});

test('a session that connects again and again is asked to wait, and others connect', async () => {
  const [eager, calm] = [chat.as(await aUser(chat.admin)), chat.as(await aUser(chat.admin))];
  const proof = await proofOf(eager);
  const codes: (string | undefined)[] = [];
  for (let i = 0; i < 80; i++) codes.push((await refusalOf(proof))?.data?.code);

  expect(codes.slice(0, 50)).toEqual(codes.slice(0, 50).map(() => undefined));
  expect(codes.at(-1)).toBe('rate_limited');
  expect(await refusalOf(await proofOf(calm))).toBeNull();
});

describe('two sockets of one session', () => {
  test('a socket in the background leaves the one in the foreground connected, on any node', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const active = await connectPhone(first!.url, await proofOf(asha));
    await active.next('authenticated');
    for (const { url } of [first!, second!]) {
      const extension = await connectPhone(url, await proofOf(asha, { state: 'background' }));
      await extension.next('authenticated');
      const phone = await biren.connect();
      const content = `to both, by ${url}`;
      await phone.ask('send_message', {
        chatId,
        clientMessageId: crypto.randomUUID(),
        content,
      });
      for (const each of [active, extension])
        await each.next('message_received', ({ message }) => message.content === content);
      extension.close();
    }
    expect(active.seen('closing')).toEqual([]);
  });

  test('a socket in the background that comes to the foreground replaces the one there', async () => {
    const person = chat.as(await aUser(chat.admin));
    const active = await connectPhone(first!.url, await proofOf(person));
    await active.next('authenticated');
    const other = await connectPhone(second!.url, await proofOf(person, { state: 'background' }));
    await other.next('authenticated');

    await other.ask('last_seen_update', { state: 'active' });

    expect(await active.next('closing')).toEqual({ reason: 'replaced', reconnect: false });
    expect(other.seen('closing')).toEqual([]);
  });
});

describe('a connection that proved nothing', () => {
  const anonymous = () => connectPhone(strict.url, {});

  test('is closed by a frame of 17 KiB', async () => {
    const phone = await anonymous();
    phone.socket.emit('authenticate', { token: 'x'.repeat(17 * 1024) });
    await phone.closed;
    expect(phone.socket.connected).toBe(false);
  });

  test('is closed after a few events', async () => {
    const phone = await anonymous();
    for (let i = 0; i < 30; i++) phone.socket.emit('authenticate', {});
    await phone.closed;
    expect(phone.socket.connected).toBe(false);
  });

  test('is closed by a flood of packets that are no events', async () => {
    const phone = await anonymous();
    const { engine } = phone.socket.io;
    for (let i = 0; i < 3_000; i++) engine.write('0/other,');
    await phone.closed;
    expect(phone.socket.connected).toBe(false);
  });
});

test('a flood of events of one session is limited over all its connections', async () => {
  const person = chat.as(await aUser(chat.admin));
  let handled = 0;
  for (let i = 0; i < 5; i++) {
    const phone = await connectPhone(strict.url, await proofOf(person));
    await phone.next('authenticated');
    const asks = Array.from({ length: 60 }, () => phone.ask('leave_chat', { chatId }));
    handled += (await Promise.all(asks)).filter(({ ok }) => ok).length;
    phone.close();
  }
  // A burst of 60, and 20 for each second that the test may take on a busy machine.
  expect(handled).toBeGreaterThanOrEqual(60);
  expect(handled).toBeLessThan(260);
});
