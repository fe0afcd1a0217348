import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type ClientEvent, type Operation, chatRest, clientEvents } from '@taar/contracts';
import { aGroup, aMessage, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { hashOfToken } from '../src/members/invite-link.ts';
import {
  type Standing,
  type World,
  events,
  eventsOfNoChat,
  promised,
  routes,
  routesOfNoChat,
  standings,
} from './access-table.ts';
import { startChat } from './start.ts';

const chat = await startChat();

const isOfAChat = ({ input }: Operation | ClientEvent) =>
  Object.hasOwn((input.describe() as { keys?: object }).keys ?? {}, 'chatId');
const ofAChat = <O extends Operation | ClientEvent>(all: Record<string, O>) =>
  Object.entries(all).filter(([, one]) => isOfAChat(one));

const restOfAChat = ofAChat<Operation>(chatRest);
const socketOfAChat = ofAChat<ClientEvent>(clientEvents);

/** A group of their own for somebody of this standing in it. */
const aWorldFor = async (standing: Standing): Promise<World & { caller: Person }> => {
  const { admin: db } = chat;
  const [me, owner, other, stranger] = await Promise.all([
    aUser(db),
    aUser(db),
    aUser(db),
    aUser(db),
  ]);
  const { id: chatId } = await aGroup(db, {
    owner: standing === 'owner' ? me : owner,
    admins: standing === 'admin' ? [me] : [],
    members: standing === 'member' || standing === 'former' ? [me, other] : [other],
  });
  const message = await aMessage(db, { id: chatId }, standing === 'outsider' ? other : me);
  if (standing === 'former')
    await db.chatMember.update({
      where: { chatId_userId: { chatId, userId: me.id } },
      data: { leftAt: new Date(), leftSeq: 1 },
    });
  const token = 'T'.repeat(8) + randomUUID().replaceAll('-', '').slice(0, 24);
  await db.chatInvite.create({
    data: { tokenHash: hashOfToken(token), chatId, createdBy: owner.id },
  });
  return {
    caller: chat.as(me),
    chatId,
    otherId: other.id,
    strangerId: stranger.id,
    messageId: message.id,
    token,
  };
};

type Refusal = { code?: string; instance?: string };
const withoutInstance = ({ instance: _, ...problem }: Refusal) => problem;

/** Calls as somebody of each standing, and as an outsider of a chat that never was. */
const outcomes = async (
  inputOf: (world: World) => object,
  call: (caller: Person, input: object) => Promise<Refusal | null>,
) => {
  const answers: Partial<Record<Standing, string>> = {};
  const refusals: Refusal[] = [];
  await Promise.all(
    standings.map(async (standing) => {
      const world = await aWorldFor(standing);
      const refusal = await call(world.caller, { chatId: world.chatId, ...inputOf(world) });
      answers[standing] = refusal?.code ?? 'ok';
      if (standing !== 'outsider') return;
      const nowhere = { chatId: randomUUID(), ...inputOf(world) };
      const missing = await call(world.caller, nowhere);
      refusals.push(withoutInstance(refusal ?? {}), withoutInstance(missing ?? {}));
    }),
  );
  expect(refusals[0]).toEqual(refusals[1]);
  return answers;
};

describe('every route and event of a chat', () => {
  test('has its entry in access-table.ts, and nothing else has', () => {
    expect(Object.keys(routes).toSorted()).toEqual(restOfAChat.map(([name]) => name).toSorted());
    expect(Object.keys(events).toSorted()).toEqual(socketOfAChat.map(([name]) => name).toSorted());
  });
});

describe('every other route and event', () => {
  test('has its entry too, and names no chat in its path', () => {
    const tables = [routes, routesOfNoChat].flatMap(Object.keys);
    expect(tables.toSorted()).toEqual(Object.keys(chatRest).toSorted());
    const heard = [...Object.keys(events), ...eventsOfNoChat];
    expect(heard.toSorted()).toEqual(Object.keys(clientEvents).toSorted());
    for (const name of Object.keys(routesOfNoChat))
      expect((chatRest as Record<string, Operation>)[name]!.path).not.toMatch(/^\/chats\/:/);
  });

  test.each(Object.keys(routesOfNoChat))('%s tells outsiders nothing of a chat', async (name) => {
    const { caller, ...world } = await aWorldFor('outsider');
    const operation = (chatRest as Record<string, Operation>)[name]!;

    const { status, body } = await caller.call(operation, routesOfNoChat[name]!(world));

    expect([200, 201, 404]).toContain(status);
    expect(JSON.stringify(body)).not.toContain(world.chatId);
    expect(JSON.stringify(body)).not.toContain(world.messageId);
  });
});

describe('T-M1 a route answers by the standing of its caller, and outsiders as if there were no chat', () => {
  test.each(restOfAChat)('%s', async (name, operation) => {
    const entry = routes[name] ?? {};

    const answers = await outcomes(entry.input ?? (() => ({})), async (caller, input) => {
      const { status, body } = await caller.call(operation, input);
      return status < 400 ? null : (body as unknown as Refusal);
    });

    const reads = operation.method === 'get';
    expect(answers).toEqual(
      Object.fromEntries(standings.map((who) => [who, promised(entry, who, reads)])),
    );
  });
});

describe('T-M1 an event answers by the standing of its sender, and outsiders as if there were no chat', () => {
  test.each(socketOfAChat)('%s', async (name) => {
    const entry = events[name] ?? {};

    const answers = await outcomes(entry.input ?? (() => ({})), async (caller, input) => {
      const phone = await caller.connect();
      const ack = await phone.ask(name as keyof typeof clientEvents, input);
      return ack.ok ? null : ack.error;
    });

    expect(answers).toEqual(
      Object.fromEntries(standings.map((who) => [who, promised(entry, who, false)])),
    );
  });
});
