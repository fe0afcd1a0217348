import type { PrismaClient } from '@taar/db';

/** The part of the database client that every service has. */
export type OutboxDb = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** A leased job. `P` is the type of its payload. */
export type Job<P = Record<string, unknown>> = {
  id: bigint;
  topic: string;
  /** Id of the thing that the job is about. */
  key: string;
  payload: P;
  /** Id of the request that caused the job. */
  requestId: string | null;
  /** How often the job was leased, this time included; identifies the lease. */
  attempts: number;
  /** Time since the job was inserted, by the clock of the database. */
  ageMs: number;
  /** The previous attempt ended with its lease: its process died or lost the database. */
  wasAbandoned: boolean;
};
