import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '@taar/db/owners';
import type { Display } from './display.ts';
import { type ServiceFork, type ServiceProcess, forkServices } from './fork-services.ts';
import type { ServiceSettings } from './serve-services.ts';

type Slot = {
  title: string;
  names: Service[];
  fork?: ServiceFork;
  running?: ServiceProcess | undefined;
};
export type Services = ReturnType<typeof createServices>;

const restartPauseMs = 1_000;

/** Chat runs twice, as in production, so that faults between its processes show locally. */
const createSlots = (): Slot[] => [
  { title: 'chat 1', names: ['chat'] },
  { title: 'chat 2', names: ['chat'] },
  { title: 'auth, user, media, status', names: ['auth', 'user', 'media', 'status'] },
];

/** Runs the processes of the services, and starts a process again when it ends. */
export const createServices = ({ print, track }: Display) => {
  const slots = createSlots();
  let changed = async () => {};
  let settings: ServiceSettings | undefined;
  let isStopping = false;

  const setRunning = (slot: Slot, running: ServiceProcess | undefined) => {
    slot.running = running;
    return changed();
  };

  const load = (slot: Slot) => (slot.fork ??= forkServices(slot.names, print));

  const begin = async (slot: Slot) => {
    const started = await load(slot).begin(settings!);
    await setRunning(slot, started);
    void started.ended.then(() => onEnd(slot, started));
  };

  const onEnd = async (slot: Slot, ended: ServiceProcess) => {
    if (slot.running !== ended || isStopping) return;
    await setRunning(slot, undefined);
    print(`${slot.names.join(', ')} (process ${ended.pid}) ended; starting it again.`);
    await sleep(restartPauseMs);
    if (!isStopping) await beginAgain(slot);
  };

  const beginAgain = async (slot: Slot) => {
    delete slot.fork;
    const verb = slot.names.length > 1 ? 'are' : 'is';
    await begin(slot).then(
      () => print(`${slot.names.join(', ')} ${verb} back.`),
      (error: Error) => print(error.message),
    );
  };

  const restart = async (slot: Slot) => {
    await setRunning(slot, undefined);
    await slot.fork?.stop();
    await beginAgain(slot);
  };

  const runningOf = (service: Service) =>
    slots.flatMap(({ names, running }) => (running && names.includes(service) ? [running] : []));

  return {
    /** Sets the function that is called when a process started or ended. */
    onChange: (listener: () => Promise<void>) => {
      changed = listener;
    },
    targets: (service: Service) =>
      runningOf(service).map(({ ports }) => ({ port: ports[service]! })),
    pids: (service: Service) => runningOf(service).map(({ pid }) => pid),
    /** Forks the processes, which load their code. */
    load: () => slots.forEach(load),
    /** Starts the services in their processes; resolves when all are ready. */
    begin: async (given: ServiceSettings) => {
      settings = given;
      await Promise.all(slots.map((slot) => track(slot.title, begin(slot))));
    },
    restart: async () => {
      await Promise.all(slots.map(restart));
    },
    stop: async () => {
      isStopping = true;
      await Promise.all(slots.map(async ({ fork }) => fork?.stop()));
    },
  };
};
