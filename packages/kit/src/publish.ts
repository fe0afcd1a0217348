import {
  type ServerEventName,
  type ServerEventTable,
  type ServerPayload,
  serverEvents,
} from '@taar/contracts';
import type { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

export type Audience = { users: string[] } | { sessions: string[] };

/** One event for the sockets of some users or sessions, on whichever chat node they are. */
export type Envelope = { event: ServerEventName; audience: Audience; payload: unknown };
export type Publish = <E extends ServerEventName>(
  event: E,
  audience: Audience,
  payload: ServerPayload<E>,
) => void;

export const eventsChannel = (prefix: string) => `${prefix}:events`;

const parse = (text: string): Envelope | null => {
  try {
    return JSON.parse(text) as Envelope | null;
  } catch {
    return null;
  }
};

/** Reads what came over the channel; null for anything that is not an event of the contract. */
export const readEnvelope = (text: string): Envelope | null => {
  const read = parse(text);
  if (!read) return null;
  const { event, audience, payload } = read;
  const known = Object.hasOwn(serverEvents, event)
    ? (serverEvents as ServerEventTable)[event]
    : undefined;
  return known && !known.payload.validate(payload, { convert: false }).error
    ? { event, audience, payload }
    : null;
};

/**
 * Sends events to sockets from any service. A hint: it may be lost with Redis, so what it tells
 * must also be found in the database.
 */
export const createPublish =
  (redis: Redis, prefix: string, logger: Logger): Publish =>
  (event, audience, payload) => {
    redis
      .publish(eventsChannel(prefix), JSON.stringify({ event, audience, payload }))
      .catch((error: unknown) => logger.warn('an event was not published', { event, error }));
  };
