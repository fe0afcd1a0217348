import { randomBytes, randomUUID } from 'node:crypto';
import { createDb, type PrismaClient } from './src/index.ts';

const people = [
  { name: 'Asha', phoneNumber: '+919876500001', about: 'Kolkata, mostly.' },
  { name: 'Biren', phoneNumber: '+919876500002' },
  { name: 'Chhaya', phoneNumber: '+919876500003' },
];

const addPerson = (db: PrismaClient, person: (typeof people)[number]) =>
  db.user.upsert({
    where: { phoneNumber: person.phoneNumber },
    create: { ...person, firebaseUid: `seed-${randomUUID()}`, state: { create: {} } },
    update: {},
  });

type Line = { senderId: string; content: string };

const addChat = async (
  db: PrismaClient,
  chat: { name?: string; isGroup: boolean; directKey?: string; createdBy: string },
  memberIds: string[],
  lines: Line[],
) => {
  const count = BigInt(lines.length);
  const members = memberIds.map((userId) => ({
    userId,
    role: chat.isGroup && userId === chat.createdBy ? 'owner' : 'member',
    joinedSeq: 1n,
    lastReadSeq: count - 1n,
    lastDeliveredSeq: count,
  }));
  const messages = lines.map((line, index) => ({
    ...line,
    seq: BigInt(index + 1),
    changeSeq: BigInt(index + 1),
    clientMessageId: randomUUID(),
    payloadHash: randomBytes(32),
    createdAt: new Date(Date.now() - (lines.length - index) * 60_000),
  }));
  const lastMessageAt = messages.at(-1)!.createdAt;
  const numbers = { lastSeq: count, changeSeq: count, memberCount: members.length, lastMessageAt };
  await db.chat.create({
    data: {
      ...chat,
      ...numbers,
      members: { createMany: { data: members } },
      messages: { createMany: { data: messages } },
    },
  });
};

const seed = async (db: PrismaClient) => {
  const [asha, biren, chhaya] = await Promise.all(people.map((person) => addPerson(db, person)));
  if (!asha || !biren || !chhaya) return;
  const directKey = [asha.id, biren.id].toSorted().join(':');
  if (await db.chat.findUnique({ where: { directKey } })) return;

  await addChat(
    db,
    { isGroup: false, directKey, createdBy: asha.id },
    [asha.id, biren.id],
    [
      { senderId: asha.id, content: 'Kemon acho?' },
      { senderId: biren.id, content: 'Bhalo! Cha khabe?' },
      { senderId: asha.id, content: 'Paanch minute.' },
    ],
  );
  await addChat(
    db,
    { isGroup: true, name: 'Adda', createdBy: chhaya.id },
    [asha.id, biren.id, chhaya.id],
    [
      { senderId: chhaya.id, content: 'Sunday at the usual place?' },
      { senderId: biren.id, content: 'I bring the samosas.' },
    ],
  );
};

const url = process.env.DATABASE_URL;
if (!url)
  throw new Error('Set DATABASE_URL to the database to fill, with the credentials of its owner.');
const db = createDb(url);
try {
  await seed(db);
} finally {
  await db.$disconnect();
}
