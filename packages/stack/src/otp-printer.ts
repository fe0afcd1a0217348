import { setTimeout as sleep } from 'node:timers/promises';
import type { FirebaseEmulator } from './parts.ts';

type Code = { phoneNumber: string; code: string; sessionInfo: string };

const pauseMs = 250;

/** Prints every code as the emulator "sends" it; the emulator tells of no event, so it is asked. */
export const printOtps = (
  { url, project }: FirebaseEmulator,
  print: (line: string) => void,
): (() => void) => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let printed = new Set<string>();

  const look = async () => {
    const path = `/emulator/v1/projects/${project}/verificationCodes`;
    const answer = await fetch(`${url}${path}`, { signal });
    const { verificationCodes: codes = [] } = (await answer.json()) as {
      verificationCodes?: Code[];
    };
    for (const { phoneNumber, code, sessionInfo } of codes)
      if (!printed.has(sessionInfo)) print(`Code for ${phoneNumber}: ${code}`);
    printed = new Set(codes.map(({ sessionInfo }) => sessionInfo));
  };

  const watch = async () => {
    while (!signal.aborted) {
      await look().catch(() => {});
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  void watch();
  return () => stopping.abort();
};
