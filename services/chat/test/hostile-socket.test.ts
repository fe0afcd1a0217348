import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { WireError } from '@taar/contracts';
import type { Person } from '@taar/testing/people';
import { type Socket, io } from 'socket.io-client';
import { startChat } from './start.ts';

const chat = await startChat();

type Refusal = Error & { data?: WireError };

const outcome = (socket: Socket) =>
  new Promise<Refusal | null>((resolve) => {
    socket.once('connect', () => resolve(null)).once('connect_error', resolve);
  });

const refusal = async (auth: object, headers: Record<string, string> = {}) => {
  const socket = io(chat.url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
    extraHeaders: headers,
  });
  const error = await outcome(socket);
  socket.disconnect();
  return error;
};

describe('the handshake', () => {
  test('a handshake from a foreign page is refused before the upgrade', async () => {
    const { asha } = await chat.twoFriends();
    const { deviceId } = await asha.session();
    const auth = { token: await asha.token(), deviceId, protocol: 1 };
    expect(await refusal(auth, { Origin: 'https://evil.example' })).not.toBeNull();
    expect(await refusal(auth)).toBeNull();
  });

  test.each([
    ['a forged token', { token: 'x.y.z' }, 'unauthenticated'],
    ['a list of tokens', { token: ['a'] }, 'validation_failed'],
    ['another device', { deviceId: randomUUID() }, 'unauthenticated'],
    ['another protocol', { protocol: 2 }, 'client_too_old'],
  ])('a handshake with %s is refused with an error code', async (_what, fields, code) => {
    const { asha } = await chat.twoFriends();
    const { deviceId } = await asha.session();
    const auth = { token: await asha.token(), deviceId, protocol: 1, ...fields };
    expect((await refusal(auth))?.data).toMatchObject({ code });
  });
});

describe('an event', () => {
  test('a socket survives events without argument or ack', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const phone = await asha.connect();
    phone.socket.emit('send_message');
    phone.socket.emit('send_message', {});
    phone.socket.emit('send_message', null, 7, 'x');
    phone.socket.emit('__proto__', {});
    phone.socket.emit('constructor', {});
    phone.socket.emit('connection', {});

    const ack = await phone.ask('send_message', {
      chatId,
      clientMessageId: randomUUID(),
      content: 'still here',
    });
    expect(ack.ok).toBe(true);
  });

  test('a socket survives events nested 5,000 levels deep', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const phone = await asha.connect();
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    phone.socket.io.engine.write(`2["send_message",${deep}]`);
    phone.socket.io.engine.write(`2["send_message",{"metadata":{"a":${deep}}}]`);
    expect((await phone.ask('message_received', { chatId, upToSeq: 0 })).ok).toBe(true);
  });

  test('an event without an ack is processed', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [phone, birensPhone] = await Promise.all([asha.connect(), biren.connect()]);
    phone.socket.emit('send_message', {
      chatId,
      clientMessageId: randomUUID(),
      content: 'without an ack',
    });
    expect((await birensPhone.next('message_received')).message.content).toBe('without an ack');
  });

  test.each([
    ['a string', 'x'],
    ['a list', []],
    ['null', null],
    ['NUL', { chatId: randomUUID(), clientMessageId: randomUUID(), content: '\u0000' }],
    [
      'an unknown field',
      { chatId: randomUUID(), clientMessageId: randomUUID(), content: 'x', seq: 1 },
    ],
  ])('an event with %s is refused in its ack', async (_what, payload) => {
    const { asha } = await chat.twoFriends();
    const phone = await asha.connect();
    const ack: unknown = await phone.socket.timeout(5_000).emitWithAck('send_message', payload);
    expect(ack).toMatchObject({ ok: false, error: { code: 'validation_failed', status: 400 } });
  });

  test('an event with binary data is refused in its ack', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const phone = await asha.connect();
    const message = { chatId, clientMessageId: randomUUID(), content: 'x' };
    const bytes = { ...message, metadata: { bytes: Buffer.from('abc') } };
    const refused = { ok: false, error: { code: 'validation_failed', status: 400 } };
    expect(await phone.ask('send_message', bytes)).toMatchObject(refused);
    expect(await phone.ask('send_message', message)).toMatchObject({ ok: true });
  });

  test('an event is refused before authentication and served after it', async () => {
    const { asha } = await chat.twoFriends();
    const { deviceId } = await asha.session();
    const socket = io(chat.url, { transports: ['websocket'], forceNew: true, reconnection: false });
    expect(await outcome(socket)).toBeNull();
    const body = { chatId: randomUUID(), clientMessageId: randomUUID(), content: 'x' };
    const ask = (event: string, payload: object): Promise<unknown> =>
      socket.timeout(5_000).emitWithAck(event, payload);

    expect(await ask('send_message', body)).toMatchObject({ error: { code: 'unauthenticated' } });
    const proof = { token: await asha.token(), deviceId, protocol: 1 };
    expect(await ask('authenticate', proof)).toMatchObject({
      ok: true,
      data: { userId: asha.userId },
    });
    expect(await ask('send_message', body)).toMatchObject({ error: { code: 'chat_not_found' } });
    socket.disconnect();
  });

  test('a socket that authenticates as another user is closed', async () => {
    const { asha, biren } = await chat.twoFriends();
    const phone = await asha.connect();
    const { deviceId } = await biren.session();
    const proof = { token: await biren.token(), deviceId, protocol: 1 };
    phone.socket.emit('authenticate', proof);
    expect(await phone.next('closing')).toEqual({ reason: 'identity_mismatch', reconnect: false });
    await phone.closed;
  });

  test('a flood of events is refused and then cut, while other sockets are served', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const strict = await chat.startNode({ RATE_LIMIT_FACTOR: '1' });
    const at = (person: Person) => strict.as({ id: person.userId }).connect();
    const [flooder, other] = await Promise.all([at(asha), at(biren)]);
    for (let i = 0; i < 2_000; i++) flooder.socket.emit('message_received', { chatId, upToSeq: 0 });

    expect(await flooder.next('closing')).toMatchObject({ reason: 'rate_limited' });
    const ack = await other.ask('message_received', { chatId, upToSeq: 0 });
    expect(ack.ok).toBe(true);
  });

  test('a frame of 1 MB closes its own socket and no other', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [large, other] = await Promise.all([asha.connect(), biren.connect()]);
    large.socket.emit('send_message', { content: 'x'.repeat(1_000_000) });
    await large.closed;
    expect((await other.ask('message_received', { chatId, upToSeq: 0 })).ok).toBe(true);
  });
});

describe('a session', () => {
  test('a second socket of a session replaces the first', async () => {
    const { asha } = await chat.twoFriends();
    const first = await asha.connect();
    await asha.connect();
    expect(await first.next('closing')).toEqual({ reason: 'replaced', reconnect: false });
    await first.closed;
  });

  test('a socket closed before its token was checked does not replace the open one', async () => {
    const { asha } = await chat.twoFriends();
    const { deviceId } = await asha.session();
    const proof = { token: await asha.token(), deviceId, protocol: 1 };
    const ghosts = Array.from({ length: 10 }, () =>
      io(chat.url, { transports: ['websocket'], forceNew: true, reconnection: false }),
    );
    await Promise.all(ghosts.map(outcome));
    const phone = await asha.connect();
    for (const ghost of ghosts) ghost.emit('authenticate', proof).disconnect();

    for (let i = 0; i < 10; i++)
      expect((await phone.ask('last_seen_update', { state: 'active' })).ok).toBe(true);
    expect(phone.seen('closing')).toEqual([]);
  });

  test('a session revoked in the database loses its sockets without an event', async () => {
    const { asha } = await chat.twoFriends();
    const phone = await asha.connect();
    const { id } = await asha.session();
    await chat.admin.session.update({ where: { id }, data: { revokedAt: new Date() } });
    expect(await phone.next('closing')).toMatchObject({ reason: 'session_revoked' });
    await phone.closed;
  });
});
