import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { type Phone, connectPhone } from '@taar/testing/phone';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [first, second] = [chat.nodes[0]!, chat.nodes[1]!];

const friends = async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  const { deviceId } = await biren.session();
  const auth = { token: await biren.token(), deviceId, protocol: 1 };
  /** Sends a message through each node; every earlier event of the node arrives before it. */
  const sendByEachNode = async () => {
    const contents = [randomUUID(), randomUUID()];
    for (const [i, node] of [first, second].entries())
      await node.as({ id: asha.userId }).call(chatRest.sendMessage, {
        chatId,
        clientMessageId: contents[i]!,
        content: contents[i]!,
      });
    return contents;
  };
  return { auth, sendByEachNode };
};

const receivesAll = async (phone: Phone, contents: string[]) => {
  for (const content of contents)
    await phone.next('message_received', ({ message }) => message.content === content);
};

describe('the sockets of one session', () => {
  test('of two sockets that open on two nodes in the same moment exactly one stays', async () => {
    const { auth, sendByEachNode } = await friends();
    const outcomes: string[] = [];

    for (let i = 0; i < 60; i++) {
      const phones = await Promise.all([first, second].map(({ url }) => connectPhone(url, auth)));
      const replaced = await Promise.race(
        phones.map(async (phone) => {
          await phone.closed;
          return phone;
        }),
      );
      expect(replaced.seen('closing')).toEqual([{ reason: 'replaced', reconnect: false }]);
      const stays = phones.find((phone) => phone !== replaced)!;
      // The socket is in its rooms once it is authenticated.
      await stays.next('authenticated');
      await receivesAll(stays, await sendByEachNode());
      outcomes.push(stays.socket.connected ? 'one stays' : 'none stays');
      for (const phone of phones) phone.close();
    }

    expect(new Set(outcomes)).toEqual(new Set(['one stays']));
  }, 120_000);

  test('the newest socket stays, on whichever node it opens', async () => {
    const { auth, sendByEachNode } = await friends();
    const connect = async ({ url }: { url: string }) => {
      const phone = await connectPhone(url, auth);
      await phone.next('authenticated');
      return phone;
    };
    let newest = await connect(first);

    for (let i = 1; i < 20; i++) {
      const before = newest;
      newest = await connect(i % 2 === 0 ? first : second);
      expect(await before.next('closing')).toMatchObject({ reason: 'replaced' });
    }

    await receivesAll(newest, await sendByEachNode());
    expect(newest.seen('closing')).toEqual([]);
    newest.close();
  });
});
