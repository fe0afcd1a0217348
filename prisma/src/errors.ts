/** An error that a caller can act on: retry later, or use the row that exists already. */
export type DatabaseError =
  | { kind: 'unavailable'; code: string }
  | { kind: 'unique'; index: string | undefined };

type Cause = {
  kind?: unknown;
  code?: unknown;
  originalCode?: unknown;
  constraint?: { index?: string } | undefined;
};

type Thrown = {
  code?: unknown;
  message?: unknown;
  cause?: Cause;
  meta?: { driverAdapterError?: { cause?: Cause } };
};

/** Codes of errors that can pass when the same statement is sent again. */
const unavailableCodes = new Set(
  [
    // Prisma: unreachable, timeout, closed, empty pool, transaction expired, conflict, too many.
    'P1001 P1002 P1008 P1017 P2024 P2028 P2034 P2037',
    // Serialization failure, deadlock.
    '40001 40P01',
    // Disk full, out of memory, too many connections, limit exceeded.
    '53100 53200 53300 53400',
    // Lock timeout, statement timeout, idle transaction ended, read-only after a failover.
    '55P03 57014 25P03 25006',
    // Shut down, crashed, starting up.
    '57P01 57P02 57P03',
    // Connection lost: PostgreSQL's codes.
    '08000 08001 08003 08004 08006',
    // Connection lost or never made: kinds of Prisma's adapter (its raw queries carry no code).
    'DatabaseNotReachable ConnectionClosed SocketTimeout TooManyConnections',
    'TransactionWriteConflict',
    // Connection lost or never made: codes of the socket.
    'ECONNREFUSED ECONNRESET ENOTFOUND EPIPE ETIMEDOUT EAI_AGAIN',
  ].flatMap((line) => line.split(' ')),
);

/** Parts of the driver's messages in errors that carry no code. */
const unavailableMessages = [
  'Connection terminated',
  'Connection ended',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed',
  'timeout exceeded when trying to connect',
  'Cannot use a pool after calling end',
];

/** Classifies an error of Prisma or of the driver; undefined for any other thrown value. */
export const databaseError = (thrown: unknown): DatabaseError | undefined => {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { code, message, meta, cause: ownCause } = thrown as Thrown;
  const cause = meta?.driverAdapterError?.cause ?? ownCause;
  // The innermost code is the exact one: Prisma wraps most codes of PostgreSQL in P2010 and P2039.
  const codes = [cause?.originalCode, cause?.code, code, cause?.kind].filter(
    (each) => typeof each === 'string',
  );

  if (codes.includes('23505') || codes.includes('P2002'))
    return { kind: 'unique', index: cause?.constraint?.index ?? constraintOf(thrown) };
  const unavailable = codes.find((each) => unavailableCodes.has(each));
  if (unavailable) return { kind: 'unavailable', code: unavailable };
  if (typeof message === 'string' && unavailableMessages.some((part) => message.includes(part)))
    return { kind: 'unavailable', code: 'connection' };
  return undefined;
};

const constraintOf = (thrown: object) =>
  'constraint' in thrown && typeof thrown.constraint === 'string' ? thrown.constraint : undefined;

/** Whether a query failed because a row with the same key exists in this unique index. */
export const isUniqueViolation = (thrown: unknown, index: string): boolean => {
  const error = databaseError(thrown);
  return error?.kind === 'unique' && error.index === index;
};
