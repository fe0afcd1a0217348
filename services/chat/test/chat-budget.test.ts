import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type Ack, chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { text } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
/** The budgets of production. */
const [one, two] = await Promise.all([
  chat.startNode({ RATE_LIMIT_FACTOR: '1' }),
  chat.startNode({ RATE_LIMIT_FACTOR: '1' }),
]);
type Node = typeof one;

/** Many people in one group: each alone stays within their own budget. */
const aCrowd = async (count: number) => {
  const users = await Promise.all(Array.from({ length: count }, () => aUser(chat.admin)));
  const group = await aGroup(chat.admin, { owner: users[0]!, members: users.slice(1) });
  return { chatId: group.id, users };
};
const sendFrom = async (who: Person, chatId: string, count: number) => {
  const phone = await who.connect();
  return () =>
    Promise.all(
      Array.from({ length: count }, () => phone.ask('send_message', text(chatId, 'spam'))),
    );
};
/** Everybody's sends at the same time. */
const flood = async (people: Person[], chatId: string, each: number) => {
  const senders = await Promise.all(people.map((who) => sendFrom(who, chatId, each)));
  return (await Promise.all(senders.map((send) => send()))).flat();
};
const taken = (acks: Ack<unknown>[]) => acks.filter(({ ok }) => ok).length;
const at = (node: Node, users: { id: string }[]) => users.map((user) => node.as(user));

test('a chat takes 120 messages at once from all of its members, over either door', async () => {
  const { chatId, users } = await aCrowd(5);
  const people = at(one, users);
  const last = people[4];

  const acks = await flood(people.slice(0, 4), chatId, 35);

  expect(taken(acks)).toBe(120);
  for (const ack of acks.filter(({ ok }) => !ok))
    expect(ack).toMatchObject({ error: { code: 'rate_limited', status: 429, retryable: true } });
  const refused = await last!.call(chatRest.sendMessage, text(chatId, 'one more'));
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  const waitSeconds = Number(refused.headers['retry-after']);
  expect(waitSeconds).toBeGreaterThan(0);
  expect(waitSeconds).toBeLessThanOrEqual(6);
  const friend = await aUser(chat.admin);
  const other = await aDirectChat(chat.admin, users[4]!, friend);
  expect((await last!.call(chatRest.sendMessage, text(other.id, 'elsewhere'))).status).toBe(201);
  await setTimeout(waitSeconds * 1_000);
  expect((await last!.call(chatRest.sendMessage, text(chatId, 'later'))).status).toBe(201);
});

test('a chat that takes no more still knows what it took, and tells outsiders nothing', async () => {
  const { chatId, users } = await aCrowd(4);
  const people = at(one, users);
  const message = text(chatId, 'once');
  const sent = await people[0]!.call(chatRest.sendMessage, message);
  const outsider = one.as(await aUser(chat.admin));

  const acks = await flood(people, chatId, 35);
  expect(taken(acks)).toBeLessThan(acks.length);

  const again = await people[0]!.call(chatRest.sendMessage, message);
  expect(again).toMatchObject({ status: 200, body: { id: sent.body.id } });
  const refused = await outsider.call(chatRest.sendMessage, text(chatId, 'let me in'));
  const nowhere = await outsider.call(chatRest.sendMessage, text(randomUUID(), 'let me in'));
  expect([refused.status, nowhere.status]).toEqual([404, 404]);
});

test('who may not write to a chat takes nothing of what its members may', async () => {
  const { chatId, users } = await aCrowd(4);
  const strangers = await Promise.all(Array.from({ length: 4 }, () => aUser(chat.admin)));

  const acks = await flood(at(one, strangers), chatId, 40);
  expect(taken(acks)).toBe(0);

  expect(taken(await flood(at(one, users), chatId, 30))).toBe(120);
});

test('the nodes share what a chat takes', async () => {
  const { chatId, users } = await aCrowd(6);

  const [here, there] = await Promise.all([
    flood(at(one, users.slice(0, 3)), chatId, 45),
    flood(at(two, users.slice(3)), chatId, 45),
  ]);

  expect(taken([...here, ...there])).toBeGreaterThanOrEqual(105);
  expect(taken([...here, ...there])).toBeLessThanOrEqual(150);
});
