import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type ClientEvent, type Operation, chatRest, clientEvents } from '@taar/contracts';
import { aGroup, aMessage, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { hashOfToken } from '../src/members/invite-link.ts';
import {
  type Standing,
  type Target,
  events,
  eventsOfNoChat,
  expectedAnswer,
  routes,
  routesOfNoChat,
  standings,
} from './access-table.ts';
import { startChat } from './start.ts';

const chat = await startChat();

const hasChatId = ({ input }: Operation | ClientEvent) =>
  Object.hasOwn((input.describe() as { keys?: object }).keys ?? {}, 'chatId');
const withChatId = <O extends Operation | ClientEvent>(all: Record<string, O>) =>
  Object.entries(all).filter(([, entry]) => hasChatId(entry));

const chatRoutes = withChatId<Operation>(chatRest);
const chatEvents = withChatId<ClientEvent>(clientEvents);

/** A group with a caller of this standing in it. */
const aTargetFor = async (standing: Standing): Promise<Target & { caller: Person }> => {
  const { admin: db } = chat;
  const [caller, owner, other, stranger] = await Promise.all([
    aUser(db),
    aUser(db),
    aUser(db),
    aUser(db),
  ]);
  const { id: chatId } = await aGroup(db, {
    owner: standing === 'owner' ? caller : owner,
    admins: standing === 'admin' ? [caller] : [],
    members: standing === 'member' || standing === 'former' ? [caller, other] : [other],
  });
  const message = await aMessage(db, { id: chatId }, standing === 'outsider' ? other : caller);
  if (standing === 'former')
    await db.chatMember.update({
      where: { chatId_userId: { chatId, userId: caller.id } },
      data: { leftAt: new Date(), leftSeq: 1 },
    });
  const token = 'T'.repeat(8) + randomUUID().replaceAll('-', '').slice(0, 24);
  await db.chatInvite.create({
    data: { tokenHash: hashOfToken(token), chatId, createdBy: owner.id },
  });
  return {
    caller: chat.as(caller),
    chatId,
    otherId: other.id,
    strangerId: stranger.id,
    messageId: message.id,
    token,
  };
};

type Refusal = { code?: string; instance?: string };
const withoutInstance = ({ instance: _, ...problem }: Refusal) => problem;

/** Calls as each standing, and compares the outsider's answer with that for a missing chat. */
const answersByStanding = async (
  inputOf: (target: Target) => object,
  call: (caller: Person, input: object) => Promise<Refusal | null>,
) => {
  const answers: Partial<Record<Standing, string>> = {};
  const refusals: Refusal[] = [];
  await Promise.all(
    standings.map(async (standing) => {
      const target = await aTargetFor(standing);
      const refusal = await call(target.caller, { chatId: target.chatId, ...inputOf(target) });
      answers[standing] = refusal?.code ?? 'ok';
      if (standing !== 'outsider') return;
      const inNoChat = { chatId: randomUUID(), ...inputOf(target) };
      const missing = await call(target.caller, inNoChat);
      refusals.push(withoutInstance(refusal ?? {}), withoutInstance(missing ?? {}));
    }),
  );
  expect(refusals[0]).toEqual(refusals[1]);
  return answers;
};

describe('routes and events of a chat', () => {
  test('every route and event with a chatId has exactly one entry in access-table.ts', () => {
    expect(Object.keys(routes).toSorted()).toEqual(chatRoutes.map(([name]) => name).toSorted());
    expect(Object.keys(events).toSorted()).toEqual(chatEvents.map(([name]) => name).toSorted());
  });
});

describe('routes and events of no single chat', () => {
  test('every other route and event has an entry too, and its path names no chat', () => {
    const entries = [routes, routesOfNoChat].flatMap(Object.keys);
    expect(entries.toSorted()).toEqual(Object.keys(chatRest).toSorted());
    const eventEntries = [...Object.keys(events), ...eventsOfNoChat];
    expect(eventEntries.toSorted()).toEqual(Object.keys(clientEvents).toSorted());
    for (const name of Object.keys(routesOfNoChat))
      expect((chatRest as Record<string, Operation>)[name]!.path).not.toMatch(/^\/chats\/:/);
  });

  test.each(Object.keys(routesOfNoChat))('%s shows outsiders nothing of a chat', async (name) => {
    const { caller, ...target } = await aTargetFor('outsider');
    const operation = (chatRest as Record<string, Operation>)[name]!;

    const { status, body } = await caller.call(operation, routesOfNoChat[name]!(target));

    expect([200, 201, 404]).toContain(status);
    expect(JSON.stringify(body)).not.toContain(target.chatId);
    expect(JSON.stringify(body)).not.toContain(target.messageId);
  });
});

describe('a route of a chat', () => {
  test.each(chatRoutes)(
    '%s answers by the standing of its caller, and answers outsiders as if the chat did not exist',
    async (name, operation) => {
      const entry = routes[name] ?? {};

      const answers = await answersByStanding(
        entry.input ?? (() => ({})),
        async (caller, input) => {
          const { status, body } = await caller.call(operation, input);
          return status < 400 ? null : (body as unknown as Refusal);
        },
      );

      const isRead = operation.method === 'get';
      expect(answers).toEqual(
        Object.fromEntries(standings.map((who) => [who, expectedAnswer(entry, who, isRead)])),
      );
    },
  );
});

describe('an event of a chat', () => {
  test.each(chatEvents)(
    '%s answers by the standing of its sender, and answers outsiders as if the chat did not exist',
    async (name) => {
      const entry = events[name] ?? {};

      const answers = await answersByStanding(
        entry.input ?? (() => ({})),
        async (caller, input) => {
          const phone = await caller.connect();
          const ack = await phone.ask(name as keyof typeof clientEvents, input);
          return ack.ok ? null : ack.error;
        },
      );

      expect(answers).toEqual(
        Object.fromEntries(standings.map((who) => [who, expectedAnswer(entry, who, false)])),
      );
    },
  );
});
