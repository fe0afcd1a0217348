import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Prisma, PrismaClient } from '@taar/db';

type Db = PrismaClient;
type Id = { id: string };

export const aPhoneNumber = () => `+9198${randomInt(10_000_000, 99_999_999)}`;

export const aUser = (db: Db, fields: Partial<Prisma.UserUncheckedCreateInput> = {}) =>
  db.user.create({
    data: {
      firebaseUid: `firebase-${randomUUID()}`,
      phoneNumber: aPhoneNumber(),
      name: `Asha ${randomInt(1_000_000)}`,
      state: { create: {} },
      ...fields,
    },
  });

const dayMs = 24 * 60 * 60 * 1_000;

export const aSession = (
  db: Db,
  user: Id,
  fields: Partial<Prisma.SessionUncheckedCreateInput> = {},
) =>
  db.session.create({
    data: {
      userId: user.id,
      deviceId: randomUUID(),
      platform: 'android',
      salt: randomBytes(16),
      expiresAt: new Date(Date.now() + 60 * dayMs),
      ...fields,
    },
  });

type Role = 'owner' | 'admin' | 'member';
const membership = (userId: string, role: Role) => ({ userId, role, joinedSeq: 1n });

/** The direct chat of two people, without messages. */
export const aDirectChat = (db: Db, one: Id, other: Id) =>
  db.chat.create({
    data: {
      isGroup: false,
      directKey: [one.id, other.id].toSorted().join(':'),
      createdBy: one.id,
      memberCount: 2,
      members: { create: [membership(one.id, 'member'), membership(other.id, 'member')] },
    },
  });

type Members = { owner: Id; admins?: Id[]; members?: Id[] };

/** A group without the system message `chat_created`. */
export const aGroup = (
  db: Db,
  { owner, admins = [], members = [] }: Members,
  fields: Partial<Prisma.ChatUncheckedCreateInput> = {},
) =>
  db.chat.create({
    data: {
      isGroup: true,
      name: `Adda ${randomInt(1_000_000)}`,
      createdBy: owner.id,
      memberCount: 1 + admins.length + members.length,
      members: {
        create: [
          membership(owner.id, 'owner'),
          ...admins.map(({ id }) => membership(id, 'admin')),
          ...members.map(({ id }) => membership(id, 'member')),
        ],
      },
      ...fields,
    },
  });

/** The next message of a chat. */
export const aMessage = (
  db: Db,
  chat: Id,
  sender: Id,
  fields: Partial<Prisma.MessageUncheckedCreateInput> = {},
) =>
  db.$transaction(async (tx) => {
    const { lastSeq, changeSeq } = await tx.chat.update({
      where: { id: chat.id },
      data: {
        lastSeq: { increment: 1 },
        changeSeq: { increment: 1 },
        lastMessageAt: new Date(),
      },
    });
    return tx.message.create({
      data: {
        chatId: chat.id,
        senderId: sender.id,
        seq: lastSeq,
        changeSeq,
        clientMessageId: randomUUID(),
        payloadHash: randomBytes(32),
        content: `Hello ${lastSeq}`,
        ...fields,
      },
    });
  });

export const aContact = (
  db: Db,
  owner: Id,
  person: Id,
  fields: Partial<Prisma.ContactUncheckedCreateInput> = {},
) =>
  db.contact.create({
    data: {
      ownerId: owner.id,
      userId: person.id,
      phoneHash: randomBytes(32),
      name: `Friend ${randomInt(1_000_000)}`,
      ...fields,
    },
  });

export const aBlock = (db: Db, blocker: Id, blocked: Id) =>
  db.block.create({ data: { blockerId: blocker.id, blockedId: blocked.id } });

export const aMedia = (db: Db, owner: Id, fields: Partial<Prisma.MediaUncheckedCreateInput> = {}) =>
  db.media.create({
    data: {
      ownerId: owner.id,
      purpose: 'message',
      state: 'ready',
      bucketKey: `test/${randomUUID()}`,
      mimeType: 'image/jpeg',
      sizeBytes: 1_000n,
      readyAt: new Date(),
      ...fields,
    },
  });

export const aStatus = (
  db: Db,
  user: Id,
  fields: Partial<Prisma.StatusUncheckedCreateInput> = {},
) =>
  db.status.create({
    data: {
      userId: user.id,
      clientStatusId: randomUUID(),
      type: 'text',
      text: 'At the river',
      audienceMode: 'contacts',
      ...fields,
    },
  });
