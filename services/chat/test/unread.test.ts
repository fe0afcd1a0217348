import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  nat,
  oneof,
  record,
} from 'fast-check';
import { startChat } from './start.ts';

const chat = await startChat();
const db = chat.admin;

const memberCount = 3;
const who = nat(memberCount - 1);
/** One action of a member; the server refuses one that does not apply. */
const step = oneof(
  { weight: 6, arbitrary: record({ kind: constant('send' as const), who }) },
  record({ kind: constant('read' as const), who, back: nat(4) }),
  record({ kind: constantFrom('unsend' as const, 'hide' as const), who, back: nat(6) }),
  record({ kind: constantFrom('clear' as const, 'leave' as const, 'join' as const), who }),
);
type Step = typeof step extends Arbitrary<infer T> ? T : never;

type Sent = {
  id: string;
  seq: number;
  sender: number | null;
  isDeleted: boolean;
  hidden: Set<number>;
};
type Stay = { from: number; to: number };

/** A model of the chat that counts by hand. */
const createModel = () => {
  const sent: Sent[] = [];
  const stays: Stay[][] = Array.from({ length: memberCount }, () => [{ from: 1, to: Infinity }]);
  const read = Array.from({ length: memberCount }, () => 0);
  const cleared = Array.from({ length: memberCount }, () => 0);
  const last = () => sent.length;
  const isIn = (i: number) => stays[i]!.at(-1)!.to === Infinity;
  const add = (id: string, sender: number | null) => {
    const seq = last() + 1;
    sent.push({ id, seq, sender, isDeleted: false, hidden: new Set() });
    return seq;
  };
  const reach = (i: number) => Math.min(last(), stays[i]!.at(-1)!.to);
  const isVisible = (i: number, { seq, hidden }: Sent) =>
    stays[i]!.some(({ from, to }) => seq >= from && seq <= to) &&
    seq > cleared[i]! &&
    !hidden.has(i);
  return {
    sent,
    isIn,
    reach,
    add,
    send: (i: number, id: string) => {
      const seq = add(id, i);
      if (read[i] === seq - 1) read[i] = seq;
    },
    read: (i: number, upTo: number) => (read[i] = Math.max(read[i]!, Math.min(upTo, reach(i)))),
    clear: (i: number) => (cleared[i] = Math.max(cleared[i]!, reach(i))),
    leave: (i: number, systemId: string) => (stays[i]!.at(-1)!.to = add(systemId, null)),
    join: (i: number, systemId: string) => {
      const seq = add(systemId, null);
      stays[i]!.push({ from: seq, to: Infinity });
      read[i] = Math.max(read[i]!, seq - 1);
    },
    unread: (i: number) =>
      sent.filter(
        (message) =>
          message.sender !== null &&
          message.sender !== i &&
          !message.isDeleted &&
          message.seq > read[i]! &&
          isVisible(i, message),
      ).length,
  };
};

const newest = async (chatId: string) =>
  (await db.message.findFirstOrThrow({ where: { chatId }, orderBy: { seq: 'desc' } })).id;

const perform = async (
  chatId: string,
  owner: Person,
  people: Person[],
  model: ReturnType<typeof createModel>,
  action: Step,
) => {
  const { kind, who: i } = action;
  const person = people[i]!;
  const { userId } = person;
  const target = 'back' in action ? model.sent.at(-1 - action.back) : undefined;
  if (kind === 'send') {
    const content = 'hello';
    const { status, body } = await person.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: randomUUID(),
      content,
    });
    expect(status).toBe(model.isIn(i) ? 201 : 403);
    if (status === 201) model.send(i, body.id);
  } else if (kind === 'read' && target) {
    await person.call(chatRest.markRead, { chatId, upToSeq: target.seq });
    model.read(i, target.seq);
  } else if ((kind === 'unsend' || kind === 'hide') && target) {
    const scope = kind === 'hide' ? 'me' : 'everyone';
    const { status } = await person.call(chatRest.deleteMessage, {
      chatId,
      messageId: target.id,
      scope,
    });
    if (status !== 204) return;
    if (kind === 'hide') target.hidden.add(i);
    else target.isDeleted = true;
  } else if (kind === 'clear' && model.isIn(i)) {
    // Deleting a group for oneself would leave it, so the row is cleared directly.
    await db.$executeRaw`
      UPDATE chat_members
      SET cleared_before_seq = ${model.reach(i)}
      WHERE chat_id = ${chatId}::uuid AND user_id = ${userId}::uuid`;
    model.clear(i);
  } else if (kind === 'leave' && model.isIn(i)) {
    await person.call(chatRest.removeMember, { chatId, userId });
    model.leave(i, await newest(chatId));
  } else if (kind === 'join' && !model.isIn(i)) {
    await owner.call(chatRest.addMembers, { chatId, userIds: [userId] });
    model.join(i, await newest(chatId));
  }
};

test('the unread count equals a count by hand after any sequence of actions', async () => {
  await assert(
    asyncProperty(array(step, { minLength: 10, maxLength: 40 }), async (program) => {
      const ownerUser = await aUser(db);
      const users = await Promise.all(Array.from({ length: memberCount }, () => aUser(db)));
      const { id: chatId } = await aGroup(db, { owner: ownerUser, members: users });
      const owner = chat.as(ownerUser);
      const people = users.map((user) => chat.as(user));
      const model = createModel();

      for (const action of program) await perform(chatId, owner, people, model, action);

      const counted = await Promise.all(
        people.map(async (person) => {
          const { body } = await person.call(chatRest.listChats, {});
          return { unread: body.items[0]!.my.unreadCount, total: body.totals!.unreadMessages };
        }),
      );
      const byHand = people.map((_, i) => ({ unread: model.unread(i), total: model.unread(i) }));
      expect(counted).toEqual(byHand);
    }),
    { numRuns: 25 },
  );
}, 120_000);
