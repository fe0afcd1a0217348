import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { type Phone, connectPhone } from '@taar/testing/phone';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [one, two] = [chat.nodes[0]!, chat.nodes[1]!];

const friends = async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  const { deviceId } = await biren.session();
  const auth = { token: await biren.token(), deviceId, protocol: 1 };
  /** A message through each node: what each of them had to say before has arrived with it. */
  const speak = async () => {
    const contents = [randomUUID(), randomUUID()];
    for (const [i, node] of [one, two].entries())
      await node.as({ id: asha.userId }).call(chatRest.sendMessage, {
        chatId,
        clientMessageId: contents[i]!,
        content: contents[i]!,
      });
    return contents;
  };
  return { auth, speak };
};

const hears = async (phone: Phone, contents: string[]) => {
  for (const content of contents)
    await phone.next('message_received', ({ message }) => message.content === content);
};

describe('of the sockets of one session', () => {
  test('that open on two nodes in the same moment exactly one stays', async () => {
    const { auth, speak } = await friends();
    const outcomes: string[] = [];

    for (let i = 0; i < 60; i++) {
      const phones = await Promise.all([one, two].map(({ url }) => connectPhone(url, auth)));
      const replaced = await Promise.race(
        phones.map(async (phone) => {
          await phone.closed;
          return phone;
        }),
      );
      expect(replaced.seen('closing')).toEqual([{ reason: 'replaced', reconnect: false }]);
      const stays = phones.find((phone) => phone !== replaced)!;
      await hears(stays, await speak());
      outcomes.push(stays.socket.connected ? 'one stays' : 'none stays');
      for (const phone of phones) phone.close();
    }

    expect(new Set(outcomes)).toEqual(new Set(['one stays']));
  }, 120_000);

  test('the newest stays, wherever it opens', async () => {
    const { auth, speak } = await friends();
    let stays: Phone | undefined;

    for (let i = 0; i < 20; i++) {
      const before = stays;
      stays = await connectPhone((i % 2 === 0 ? one : two).url, auth);
      await stays.next('authenticated');
      if (before) expect(await before.next('closing')).toMatchObject({ reason: 'replaced' });
    }

    await hears(stays!, await speak());
    expect(stays!.seen('closing')).toEqual([]);
    stays!.close();
  });
});
