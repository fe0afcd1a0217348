import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { createTerminal, signUp } from './sign-up.ts';

type StackFile = { pids: { chat: number[]; [name: string]: number | number[] } };

const dir = await mkdtemp(join(tmpdir(), 'taar-lifecycle-'));
await chmod(dir, 0o755);
atEnd(() => rm(dir, { recursive: true, force: true }));

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ours = /^(DATABASE_|REDIS_|S3_|FIREBASE_)/;
const bare = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
const children = new Set<ChildProcess>();

/** Runs `npm start` in a new process group, as a terminal does. */
const start = (env: Record<string, string> = {}) => {
  const terminal = createTerminal();
  const child = spawn(process.execPath, [main], {
    env: { ...bare, TAAR_DIR: dir, PORT: '0', NODE_ENV: 'development', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  children.add(child);
  const exited = once(child, 'exit');
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', terminal.print);
  return { child, exited, terminal };
};

const readStackFile = async () =>
  JSON.parse(await readFile(join(dir, 'stack.json'), 'utf8')) as StackFile;

const startReady = async () => {
  const started = start();
  const { terminal, exited } = started;
  const died = exited.then(() => Promise.reject(new Error(terminal.text())));
  const line = await Promise.race([terminal.lineWith('Taar is ready'), died]);
  const { pids } = await readStackFile();
  return { ...started, url: line.split(' ')[3]!, pids: Object.values(pids).flat() };
};

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Polls, since the end of a process that is no child of this one emits no event. */
const stillRunning = async (pids: number[]) => {
  for (let tries = 0; tries < 100 && pids.some(isRunning); tries++) await sleep(50);
  return pids.filter(isRunning);
};

const untilThere = async (folder: string, name: string) => {
  for await (const { filename } of watch(folder)) if (filename === name) return;
};

afterAll(() => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGTERM');
});

let running: Awaited<ReturnType<typeof startReady>>;
let asha: Awaited<ReturnType<typeof signUp>>;
let chatId: string;

test('Ctrl-C ends every process and releases the lock', async () => {
  running = await startReady();
  asha = await signUp(running.url, running.terminal, 'Asha');
  const biren = await signUp(running.url, running.terminal, 'Biren');
  const chat = { isGroup: false, memberIds: [biren.userId] };
  chatId = (await asha.call(chatRest.createChat, chat)).body.id;

  expect(await readdir(dir)).toEqual(expect.arrayContaining(['lock', 'stack.json']));
  // A terminal sends Ctrl-C to the whole process group.
  process.kill(-running.child.pid!, 'SIGINT');
  expect(await running.exited).toEqual([0, null]);
  expect(await stillRunning(running.pids)).toEqual([]);
  expect(await readdir(dir)).not.toContain('lock');
  expect(await readdir(dir)).not.toContain('stack.json');
}, 120_000);

test('the next start finds all users and chats', async () => {
  running = await startReady();
  const back = await signUp(running.url, running.terminal, 'Asha', asha.phoneNumber);
  expect(back).toMatchObject({ isNewUser: false, userId: asha.userId });
  expect((await back.call(chatRest.listChats, {})).body.items).toMatchObject([{ id: chatId }]);
  const call = createCall(running.url, async () => asha.accessToken);
  expect((await call(chatRest.listChats, {})).status).toBe(200);
}, 120_000);

test('Ctrl-C during the start ends it at once, without an error and without a lock', async () => {
  const other = join(dir, 'given-up');
  await mkdir(other);
  const locked = untilThere(other, 'lock');
  const { child, exited, terminal } = start({ TAAR_DIR: other });
  await locked;
  process.kill(-child.pid!, 'SIGINT');
  expect(await exited).toEqual([0, null]);
  expect(terminal.text()).toBe('');
  expect(await readdir(other)).not.toContain('lock');
}, 120_000);

test('a folder cannot be started twice, and a port in use is reported', async () => {
  const second = start();
  expect(await second.terminal.lineWith('Taar')).toMatch(/^Taar already runs from .*\.$/);
  expect(await second.exited).toEqual([1, null]);
  const { port } = new URL(running.url);
  const elsewhere = start({ TAAR_DIR: join(dir, 'other'), PORT: port });
  expect(await elsewhere.terminal.lineWith('Port')).toMatch(`Port ${port} is in use`);
  expect(await elsewhere.exited).toEqual([1, null]);
}, 120_000);

test('a chat process that ends is started again', async () => {
  process.kill((await readStackFile()).pids.chat[0]!, 'SIGKILL');
  await running.terminal.lineWith('starting it again');
  await running.terminal.lineWith('chat is back');
  expect((await readStackFile()).pids.chat).toHaveLength(2);
}, 120_000);

test('a start after all processes were killed finds all data', async () => {
  const { pids } = await readStackFile();
  for (const pid of Object.values(pids).flat()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  await running.exited;
  running = await startReady();
  const back = await signUp(running.url, running.terminal, 'Asha', asha.phoneNumber);
  expect(back.userId).toBe(asha.userId);
}, 120_000);

test('child processes end when their parent is killed', async () => {
  process.kill(running.child.pid!, 'SIGKILL');
  await running.exited;
  const orphans = running.pids;
  running = await startReady();
  process.kill(running.child.pid!, 'SIGTERM');
  await running.exited;
  expect(await stillRunning([...orphans, ...running.pids])).toEqual([]);
}, 120_000);
