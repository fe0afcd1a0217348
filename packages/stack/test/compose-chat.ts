/**
 * `node compose-chat.ts URL EMULATOR_URL [CONTAINER…]`: two phones sign up and chat through a system
 * that runs already; meanwhile the containers named are stopped, and no message may be lost.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Client, type Connect, Refused, createClient, messagesOf } from '@taar/client';
import { authRest, chatRest } from '@taar/contracts';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { io } from 'socket.io-client';

const [url, emulator, ...containers] = process.argv.slice(2);
if (!url || !emulator) throw new Error('Name the URLs of the gateway and of the emulator.');
const messageCount = 400;
const pauseMs = 50;

type Code = { phoneNumber: string; code: string };
const codeFor = async (phoneNumber: string) => {
  const answer = await fetch(`${emulator}/emulator/v1/projects/demo-taar/verificationCodes`);
  const { verificationCodes } = (await answer.json()) as { verificationCodes: Code[] };
  return verificationCodes.findLast((sent) => sent.phoneNumber === phoneNumber)!.code;
};

/** Events without an acknowledgement, or with an error other than a request to retry later. */
const failed: string[] = [];
let slowed = 0;
const connectAndRecordFailures: Connect = (to, options) => {
  const socket = io(to, options);
  const { timeout } = socket;
  socket.timeout = (ms) => {
    const timed = timeout.call(socket, ms);
    return Object.assign(Object.create(timed) as typeof timed, {
      emitWithAck: async (event: string, input: unknown) => {
        const ack = (await timed.emitWithAck(event, input).catch((error: Error) => {
          failed.push(`${event}: ${error.message}`);
          throw error;
        })) as { ok: boolean; error?: { code: string } };
        if (ack.error?.code === 'rate_limited') slowed++;
        else if (!ack.ok) failed.push(`${event}: ${JSON.stringify(ack)}`);
        return ack;
      },
    });
  };
  return socket;
};

const signUp = async (name: string) => {
  const phoneNumber = aPhoneNumber();
  const device = { deviceId: randomUUID(), platform: 'android' } as const;
  const signedOut = createCall(url);
  const sent = await signedOut(authRest.sendOtp, { phoneNumber, device });
  const { verificationId } = sent.body;
  const code = await codeFor(phoneNumber);
  const proof = { verificationId, phoneNumber, code, profile: { name }, device };
  const { body } = await signedOut(authRest.verifyOtp, proof);
  const token = async () => body.tokens.accessToken;
  const kept = new Map<string, never>();
  const client = createClient({
    url,
    token,
    deviceId: device.deviceId,
    connect: connectAndRecordFailures,
    store: {
      load: async () => [...kept.values()],
      add: async (item) => void kept.set(item.clientMessageId, item as never),
      remove: async (id) => void kept.delete(id),
    },
  });
  client.start();
  return { userId: body.user.id, call: createCall(url, token), client };
};

const stopContainers = async () => {
  for (const container of containers) {
    await sleep((messageCount * pauseMs) / 4);
    const { stdout } = await promisify(execFile)('docker', ['stop', '--time', '60', container]);
    console.log(`stopped ${stdout.trim()}`);
  }
};

const catchUpDeadlineMs = 60_000;

/** Syncs once the client is connected: a drained node asks its clients to wait before they return. */
const catchUp = async (client: Client) => {
  const deadline = Date.now() + catchUpDeadlineMs;
  for (;;) {
    try {
      await client.sync();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep((error instanceof Refused && error.problem.retryAfterMs) || 500);
    }
  }
};

const asha = await signUp('Asha');
const biren = await signUp('Biren');
const { body: chat } = await asha.call(chatRest.createChat, {
  isGroup: false,
  memberIds: [biren.userId],
});
console.log(`two clients signed up, chat ${chat.id}`);

const stopping = stopContainers();
const sends = [];
for (let n = 1; n <= messageCount; n++) {
  const sender = n % 2 ? asha : biren;
  sends.push(sender.client.send({ chatId: chat.id, content: `Message ${n}` }));
  await sleep(pauseMs);
}
const stored = await Promise.all(sends);
await stopping;
await catchUp(asha.client);
await catchUp(biren.client);

const seqs = stored.map(({ seq }) => seq).sort((left, right) => left - right);
const complete = seqs.every((seq, i) => seq === i + 1);
const messageIds = [asha, biren].map(({ client }) =>
  messagesOf(client.database, chat.id).map(({ id }) => id),
);
const alike = JSON.stringify(messageIds[0]) === JSON.stringify(messageIds[1]);
console.log(
  `${stored.length} messages acknowledged, ${failed.length} failed acks, ${slowed} to retry later, ` +
    `${complete ? 'each once' : 'NOT each once'}, both clients ${alike ? 'alike' : 'NOT alike'}`,
);
for (const failure of failed.slice(0, 10)) console.log(failure);
process.exit(complete && alike && failed.length === 0 ? 0 : 1);
