import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '@taar/db';
import { type Child, forkServices } from './child.ts';
import type { Order } from './serve.ts';

/** Chat runs twice, as what one tries should be what production runs. */
const processes: Service[][] = [['chat'], ['chat'], ['auth', 'user', 'media', 'status']];
const restartPauseMs = 1_000;

type Slot = {
  names: Service[];
  fork?: ReturnType<typeof forkServices>;
  running?: Child | undefined;
};
export type Services = ReturnType<typeof createServices>;

/** The processes of the services. */
export const createServices = (say: (line: string) => void) => {
  const slots: Slot[] = processes.map((names) => ({ names }));
  let changed = async () => {};
  let order: Order | undefined;
  let stopping = false;

  const set = (slot: Slot, running: Child | undefined) => {
    slot.running = running;
    return changed();
  };

  const load = (slot: Slot) => (slot.fork ??= forkServices(slot.names));

  const begin = async (slot: Slot) => {
    const child = await load(slot).begin(order!);
    await set(slot, child);
    void child.ended.then(() => revive(slot, child));
  };

  const renew = async (slot: Slot) => {
    delete slot.fork;
    const told = slot.names.join(', ');
    await begin(slot).then(
      () => say(`${told} ${slot.names.length > 1 ? 'are' : 'is'} back.`),
      (error: Error) => say(error.message),
    );
  };

  const revive = async (slot: Slot, child: Child) => {
    if (slot.running !== child || stopping) return;
    await set(slot, undefined);
    say(`${slot.names.join(', ')} (process ${child.pid}) ended: starting it again.`);
    await sleep(restartPauseMs);
    if (!stopping) await renew(slot);
  };

  const restart = async (slot: Slot) => {
    await set(slot, undefined);
    await slot.fork?.stop();
    await renew(slot);
  };

  const running = (service: Service) =>
    slots.flatMap(({ names, running }) => (running && names.includes(service) ? [running] : []));

  return {
    /** `listen` is told whenever a process came or went. */
    onChange: (listen: () => Promise<void>) => {
      changed = listen;
    },
    targets: (service: Service) => running(service).map(({ ports }) => ({ port: ports[service]! })),
    pids: (service: Service) => running(service).map(({ pid }) => pid),
    /** Forks the processes, which load their code. */
    load: () => slots.forEach(load),
    /** Puts them to work; resolves when all of them serve. */
    begin: async (given: Order) => {
      order = given;
      await Promise.all(slots.map(begin));
    },
    restart: async () => {
      await Promise.all(slots.map(restart));
    },
    stop: async () => {
      stopping = true;
      await Promise.all(slots.map(async ({ fork }) => fork?.stop()));
    },
  };
};
