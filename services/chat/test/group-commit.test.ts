import { randomInt, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createDb } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import { freshDatabase } from '@taar/testing/database';
import { aBlock, aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import { type Draft, toDraft } from '../src/core/draft.ts';
import { createGroupCommit } from '../src/core/group-commit.ts';
import { insertMessages } from '../src/core/insert-messages.ts';
import { toCommits } from '../src/core/store-messages.ts';
import { text } from './messages.ts';
import { until } from './wait.ts';

const { admin, urls } = await freshDatabase();

/** The batcher of a node, with its own database pool. */
const aNode = () => {
  const db = createDb(urls.chat, { max: 2, connectTimeoutMs: 20_000 });
  atEnd(() => db.$disconnect());
  return createGroupCommit((drafts) => insertMessages(db, drafts));
};
const nodes = [aNode(), aNode()];
const commit = nodes[0]!;
const anyOf = <T>(items: T[]): T => items[randomInt(items.length)]!;

const people = await Promise.all(Array.from({ length: 20 }, () => aUser(admin)));
const aLargeGroup = (fields = {}) =>
  aGroup(admin, { owner: people[0]!, members: people.slice(1) }, fields);
const draft = (chatId: string, senderId = anyOf(people).id, fields: Partial<Draft> = {}) => ({
  ...toDraft(senderId, text(chatId, `hello ${randomUUID()}`), {}, undefined),
  ...fields,
});
/** A text longer than its column, which only the database rejects. */
const tooLong = { content: 'x'.repeat(9_000) };

/** Checks that a chat's messages are numbered 1, 2, 3… and answers how many there are. */
const expectContiguous = async (chatId: string) => {
  const { lastSeq, changeSeq, messages } = await admin.chat.findUniqueOrThrow({
    where: { id: chatId },
    include: { messages: { orderBy: { seq: 'asc' }, select: { seq: true, createdAt: true } } },
  });
  expect(messages.map(({ seq }) => Number(seq))).toEqual(messages.map((_, i) => i + 1));
  expect([Number(lastSeq), Number(changeSeq)]).toEqual([messages.length, messages.length]);
  const times = messages.map(({ createdAt }) => createdAt.getTime());
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  return messages.length;
};

const isWaitingForALock = async () =>
  (
    await admin.$queryRaw<unknown[]>`
    SELECT 1
    FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`
  ).length > 0;

describe('sends in batches', () => {
  test('a message sent three times over two nodes is stored once', async () => {
    const chats = await Promise.all(Array.from({ length: 10 }, () => aLargeGroup()));
    const sends = Array.from({ length: 1_000 }, () => draft(anyOf(chats).id));
    const outcomes = await Promise.all(
      sends.flatMap((send) =>
        [...nodes, anyOf(nodes)].map((node) => node({ ...send, id: randomUUID() })),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1_000);
    expect(outcomes.filter(({ outcome }) => outcome === 'replayed')).toHaveLength(2_000);
    sends.forEach((_, i) =>
      expect(new Set(outcomes.slice(3 * i, 3 * i + 3).map(({ id }) => id)).size).toBe(1),
    );
    const counts = await Promise.all(chats.map(({ id }) => expectContiguous(id)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(1_000);
  });

  test('one clientMessageId with another text or chat is a conflict, even in a batch', async () => {
    const [chat, otherChat] = await Promise.all([aLargeGroup(), aLargeGroup()]);
    const first = draft(chat.id);
    const { clientMessageId, senderId } = first;
    const changed = [
      draft(chat.id, senderId, { clientMessageId }),
      draft(otherChat.id, senderId, { clientMessageId }),
    ];
    const together = await Promise.all([first, ...changed].map(commit));
    expect(together.map(({ outcome }) => outcome)).toEqual(['created', 'conflict', 'conflict']);
    const later = await Promise.all(changed.map(commit));
    expect(later.map(({ outcome }) => outcome)).toEqual(['conflict', 'conflict']);
    const another = draft(chat.id, people.find(({ id }) => id !== senderId)!.id, {
      clientMessageId,
    });
    expect((await commit(another)).outcome).toBe('created');
  });

  test('message numbers have no gap when some senders may not send', async () => {
    const chat = await aLargeGroup();
    const outsider = await aUser(admin);
    const drafts = Array.from({ length: 40 }, (_, i) =>
      draft(chat.id, i % 4 === 0 ? outsider.id : undefined),
    );
    const stored = await Promise.all(drafts.map(commit));
    expect(stored.filter(({ outcome }) => outcome === 'refused')).toHaveLength(10);
    expect(await expectContiguous(chat.id)).toBe(30);
  });

  test('two nodes number the messages of one busy chat without a gap', async () => {
    const chat = await aLargeGroup();
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => nodes[i % 2]!(draft(chat.id))));
    expect(await expectContiguous(chat.id)).toBe(2_000);
  });

  test('a send moves the read watermark of a sender who had read everything before', async () => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const chat = await aDirectChat(admin, asha, biren);
    const readBy = async ({ id: userId }: { id: string }) =>
      (await admin.chatMember.findFirstOrThrow({ where: { chatId: chat.id, userId } })).lastReadSeq;
    await Promise.all([commit(draft(chat.id, asha.id)), commit(draft(chat.id, asha.id))]);
    expect(await readBy(asha)).toBe(2n);
    await commit(draft(chat.id, biren.id));
    expect(await readBy(biren)).toBe(0n);
    await Promise.all([asha, biren].map(({ id }) => commit(draft(chat.id, id))));
    expect(await readBy(asha)).toBe(2n);
  });

  test('a batch moves the read watermark up to the first message of another sender', async () => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const { id: chatId } = await aDirectChat(admin, asha, biren);
    await Promise.all([asha, asha, biren, asha].map(({ id }) => commit(draft(chatId, id))));
    const members = await admin.chatMember.findMany({ where: { chatId } });
    const readBy = new Map(members.map(({ userId, lastReadSeq }) => [userId, lastReadSeq]));
    expect(readBy.get(asha.id)).toBe(2n);
    expect(readBy.get(biren.id)).toBe(0n);
  });

  test('a message withheld by a block is published to its sender alone', async () => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const [direct, group] = await Promise.all([aDirectChat(admin, asha, biren), aLargeGroup()]);
    await aBlock(admin, asha, biren);
    const drafts = [draft(direct.id, biren.id), draft(group.id), draft(direct.id, asha.id)];
    const db = createDb(urls.chat, { max: 1, connectTimeoutMs: 20_000 });
    const stored = await insertMessages(db, drafts);
    await db.$disconnect();
    expect(stored.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'refused']);
    const [withheld, published] = toCommits(drafts, stored);
    expect(withheld!.changes[0]!.onlyFor).toBe(biren.id);
    expect(published!.changes[0]!.onlyFor).toBeUndefined();
    expect(await admin.chat.findUnique({ where: { id: direct.id } })).toMatchObject({
      lastSeq: 1n,
      lastMessageAt: null,
      updatedAt: direct.updatedAt,
    });
  });
});

describe('a change that commits while a send waits', () => {
  test('a removal stops each of 150 sends that wait for it', async () => {
    const chat = await aLargeGroup();
    const removed = people[1]!;
    const where = { chatId_userId: { chatId: chat.id, userId: removed.id } };
    const outcomes: string[] = [];
    for (let round = 0; round < 150; round++) {
      const sent = await admin.$transaction(async (tx) => {
        await tx.chat.update({ where: { id: chat.id }, data: { memberEpoch: { increment: 1 } } });
        await tx.chatMember.update({ where, data: { leftAt: new Date(), leftSeq: 0 } });
        const sending = commit(draft(chat.id, removed.id));
        await until('the send waits for a lock', isWaitingForALock);
        return { sending };
      });
      outcomes.push((await sent.sending).outcome);
      await admin.chatMember.update({ where, data: { leftAt: null, leftSeq: null } });
    }
    expect(outcomes).toEqual(Array.from({ length: 150 }, () => 'refused'));
    expect(await expectContiguous(chat.id)).toBe(0);
  });

  test('a new right to send and a new timer apply to a send that waits for them', async () => {
    const chat = await aLargeGroup();
    const whileLocked = async (settings: object) => {
      const sent = await admin.$transaction(async (tx) => {
        await tx.chat.update({ where: { id: chat.id }, data: { settings } });
        const sending = commit(draft(chat.id, people[1]!.id));
        await until('the send waits for a lock', isWaitingForALock);
        return { sending };
      });
      return sent.sending;
    };
    const timed = await whileLocked({ disappearingSeconds: 60 });
    expect(timed.expiresAt!.getTime() - timed.createdAt.getTime()).toBe(60_000);
    expect(await whileLocked({ whoCanSend: 'admins' })).toMatchObject({ outcome: 'refused' });
  });
});

describe('a row that the database rejects', () => {
  test('a rejected row fails alone, and the other rows of its batch are stored', async () => {
    const chat = await aLargeGroup();
    const drafts = Array.from({ length: 100 }, (_, i) =>
      draft(chat.id, undefined, [3, 50, 99].includes(i) ? tooLong : {}),
    );
    const settled = await Promise.allSettled(drafts.map(commit));
    const failed = settled.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
    expect(failed).toEqual([3, 50, 99]);
    expect(await expectContiguous(chat.id)).toBe(97);
  });

  test('rejected rows leave no gap among ten thousand sends over two nodes', async () => {
    const chats = await Promise.all(Array.from({ length: 20 }, () => aLargeGroup()));
    const rejected = new Set(Array.from({ length: 30 }, () => randomInt(10_000)));
    const settled = await Promise.allSettled(
      Array.from({ length: 10_000 }, (_, i) =>
        nodes[i % 2]!(draft(anyOf(chats).id, undefined, rejected.has(i) ? tooLong : {})),
      ),
    );
    const failed = settled.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
    expect(new Set(failed)).toEqual(rejected);
    const counts = await Promise.all(chats.map(({ id }) => expectContiguous(id)));
    expect(counts.reduce((sum, count) => sum + count)).toBe(10_000 - rejected.size);
  });
});

test('texts that are hard to split into words hold up no batch', async () => {
  const chat = await aLargeGroup();
  const slow = ['a_', '~/', 'a-', '<!--', 'x.'].map((part) => part.repeat(4_096).slice(0, 8_192));
  const drafts = Array.from({ length: 100 }, (_, i) =>
    draft(chat.id, undefined, i === 50 ? {} : { content: slow[i % slow.length]! }),
  );
  const stored = await Promise.all(drafts.map(commit));
  expect(stored.every(({ outcome }) => outcome === 'created')).toBe(true);
});

describe('a batch that fails', () => {
  test('a batch that lost a deadlock is run again', async () => {
    const db = createDb(urls.chat, { max: 1, connectTimeoutMs: 20_000 });
    atEnd(() => db.$disconnect());
    const chat = await aLargeGroup();
    let tries = 0;
    const racing = createGroupCommit(async (drafts) => {
      tries += 1;
      if (tries < 3) throw Object.assign(new Error('deadlock detected'), { code: '40P01' });
      return insertMessages(db, drafts);
    });
    expect(await racing(draft(chat.id))).toMatchObject({ outcome: 'created', seq: 1 });
  });

  test('a batch that meets an outage fails without a retry, and the next is stored', async () => {
    const db = createDb(urls.chat, { max: 1, connectTimeoutMs: 20_000 });
    atEnd(() => db.$disconnect());
    const chat = await aLargeGroup();
    let calls = 0;
    const failing = createGroupCommit(async (drafts) => {
      calls += 1;
      if (calls === 1) throw Object.assign(new Error('gone'), { code: '57P01' });
      return insertMessages(db, drafts);
    });
    const settled = await Promise.allSettled([failing(draft(chat.id)), failing(draft(chat.id))]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await failing(draft(chat.id))).toMatchObject({ outcome: 'created', seq: 1 });
    expect(calls).toBe(2);
  });
});
