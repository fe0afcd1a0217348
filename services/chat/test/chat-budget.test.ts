import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type Ack, chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { text } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
/** Two nodes with the budgets of production. */
const [first, second] = await Promise.all([
  chat.startNode({ RATE_LIMIT_FACTOR: '1' }),
  chat.startNode({ RATE_LIMIT_FACTOR: '1' }),
]);
type Node = typeof first;

/** A group whose members each stay within their own budget. */
const aLargeGroup = async (count: number) => {
  const users = await Promise.all(Array.from({ length: count }, () => aUser(chat.admin)));
  const group = await aGroup(chat.admin, { owner: users[0]!, members: users.slice(1) });
  return { chatId: group.id, users };
};
const prepareSends = async (person: Person, chatId: string, count: number) => {
  const phone = await person.connect();
  return () =>
    Promise.all(
      Array.from({ length: count }, () => phone.ask('send_message', text(chatId, 'spam'))),
    );
};
/** Sends from all people at the same time. */
const sendAtOnce = async (people: Person[], chatId: string, each: number) => {
  const senders = await Promise.all(people.map((person) => prepareSends(person, chatId, each)));
  return (await Promise.all(senders.map((send) => send()))).flat();
};
const countAccepted = (acks: Ack<unknown>[]) => acks.filter(({ ok }) => ok).length;
const at = (node: Node, users: { id: string }[]) => users.map((user) => node.as(user));

test('a chat accepts 120 messages at once from all members, over sockets and REST', async () => {
  const { chatId, users } = await aLargeGroup(5);
  const people = at(first, users);
  const last = people[4];

  const acks = await sendAtOnce(people.slice(0, 4), chatId, 35);

  expect(countAccepted(acks)).toBe(120);
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

test('a chat over its budget recognises replays, and reveals nothing to outsiders', async () => {
  const { chatId, users } = await aLargeGroup(4);
  const people = at(first, users);
  const message = text(chatId, 'once');
  const sent = await people[0]!.call(chatRest.sendMessage, message);
  const outsider = first.as(await aUser(chat.admin));

  const acks = await sendAtOnce(people, chatId, 35);
  expect(countAccepted(acks)).toBeLessThan(acks.length);

  const again = await people[0]!.call(chatRest.sendMessage, message);
  expect(again).toMatchObject({ status: 200, body: { id: sent.body.id } });
  const refused = await outsider.call(chatRest.sendMessage, text(chatId, 'let me in'));
  const nowhere = await outsider.call(chatRest.sendMessage, text(randomUUID(), 'let me in'));
  expect([refused.status, nowhere.status]).toEqual([404, 404]);
});

test('users who may not send to a chat spend nothing of its budget', async () => {
  const { chatId, users } = await aLargeGroup(4);
  const strangers = await Promise.all(Array.from({ length: 4 }, () => aUser(chat.admin)));

  const acks = await sendAtOnce(at(first, strangers), chatId, 40);
  expect(countAccepted(acks)).toBe(0);

  expect(countAccepted(await sendAtOnce(at(first, users), chatId, 30))).toBe(120);
});

test('nodes share the budget of a chat', async () => {
  const { chatId, users } = await aLargeGroup(6);

  const [fromFirst, fromSecond] = await Promise.all([
    sendAtOnce(at(first, users.slice(0, 3)), chatId, 45),
    sendAtOnce(at(second, users.slice(3)), chatId, 45),
  ]);

  expect(countAccepted([...fromFirst, ...fromSecond])).toBeGreaterThanOrEqual(105);
  expect(countAccepted([...fromFirst, ...fromSecond])).toBeLessThanOrEqual(150);
});
