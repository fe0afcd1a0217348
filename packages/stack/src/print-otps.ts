import { setTimeout as sleep } from 'node:timers/promises';
import type { FirebaseEmulator } from './start-parts.ts';

type Code = { phoneNumber: string; code: string; sessionInfo: string };

const pollMs = 250;

/** Prints each code that the emulator "sends". It emits no events, so its list is polled. */
export const printOtps = (
  { url, project }: FirebaseEmulator,
  print: (line: string) => void,
): (() => void) => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let printed = new Set<string>();

  const poll = async () => {
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
      await poll().catch(() => {});
      await sleep(pollMs, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  void watch();
  return () => stopping.abort();
};
