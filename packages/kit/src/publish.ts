import {
  type ServerEventName,
  type ServerEventTable,
  type ServerPayload,
  serverEvents,
} from '@taar/contracts';
import type { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

export type EventAudience = { users: string[] } | { sessions: string[] };

/** An event for the sockets of some users or sessions, on any chat node. */
export type Envelope = { event: ServerEventName; audience: EventAudience; payload: unknown };
export type Publish = <E extends ServerEventName>(
  event: E,
  audience: EventAudience,
  payload: ServerPayload<E>,
) => void;

export const eventsChannel = (prefix: string) => `${prefix}:events`;

/**
 * Publishes events from any service to the chat nodes. An event may be lost when Redis is away, so
 * clients must find the same state in the database.
 */
export const createPublish =
  (redis: Redis, prefix: string, logger: Logger): Publish =>
  (event, audience, payload) => {
    redis
      .publish(eventsChannel(prefix), JSON.stringify({ event, audience, payload }))
      .catch((error: unknown) => logger.warn('An event was not published.', { event, error }));
  };

/** Reads a message of the channel. Returns null for anything but an event of the contract. */
export const readEnvelope = (text: string): Envelope | null => {
  const envelope = parseJson(text);
  if (!envelope) return null;
  const { event, audience, payload } = envelope;
  const known = Object.hasOwn(serverEvents, event)
    ? (serverEvents as ServerEventTable)[event]
    : undefined;
  return known && !known.payload.validate(payload, { convert: false }).error
    ? { event, audience, payload }
    : null;
};

const parseJson = (text: string): Envelope | null => {
  try {
    return JSON.parse(text) as Envelope | null;
  } catch {
    return null;
  }
};
