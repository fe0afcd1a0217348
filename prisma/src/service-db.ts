import type { Prisma, PrismaClient } from './generated/client.ts';
import type { Owners, Service } from './owners.ts';

type Table = keyof Owners;
type Model<T extends Table> = Owners[T]['model'];

type Read =
  | 'findUnique'
  | 'findUniqueOrThrow'
  | 'findFirst'
  | 'findFirstOrThrow'
  | 'findMany'
  | 'count'
  | 'aggregate'
  | 'groupBy';
type Insert = 'create' | 'createMany' | 'createManyAndReturn';
type Update = 'update' | 'updateMany' | 'updateManyAndReturn';
type Delete = 'delete' | 'deleteMany';

type Methods<D, M> = Pick<D, M & keyof D>;

type RightsOf<S extends Service, T extends Table> =
  Owners[T]['writers'] extends Record<S, infer R> ? R : never;

/** Tables that a service reads or writes. */
type TablesOf<S extends Service> = {
  [T in Table]: S extends Owners[T]['readers'][number] | keyof Owners[T]['writers'] ? T : never;
}[Table];

type CamelCase<C> = C extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : C;

/** An update limited to the columns that the service may write. */
type ColumnUpdate<D, C> = {
  update(args: {
    where: Prisma.Args<D, 'update'>['where'];
    data: Pick<
      Prisma.Args<D, 'updateMany'>['data'],
      CamelCase<C> & keyof Prisma.Args<D, 'updateMany'>['data']
    >;
  }): PromiseLike<Prisma.Result<D, object, 'findFirstOrThrow'>>;
  updateMany(args: {
    where?: Prisma.Args<D, 'updateMany'>['where'];
    data: Pick<
      Prisma.Args<D, 'updateMany'>['data'],
      CamelCase<C> & keyof Prisma.Args<D, 'updateMany'>['data']
    >;
  }): PromiseLike<Prisma.BatchPayload>;
};

type Updates<D, R> = R extends { update: true }
  ? Methods<D, Update | (R extends { insert: true } ? 'upsert' : never)>
  : R extends { update: readonly (infer C)[] }
    ? ColumnUpdate<D, C>
    : unknown;

type Delegate<D, R> = [R] extends [never]
  ? Methods<D, Read>
  : Methods<D, Read | (R extends { insert: true } ? Insert : never)> &
      Updates<D, R> &
      Methods<D, R extends { delete: true } ? Delete : never>;

type Models<S extends Service> = {
  readonly [T in TablesOf<S> as Model<T>]: Delegate<PrismaClient[Model<T>], RightsOf<S, T>>;
};

type Raw = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/**
 * A service's client inside a transaction; queries that also accept the plain client take this
 * type.
 */
export type ServiceTx<S extends Service> = Models<S> & Raw;

type SharedTable = {
  [T in Table]: Service extends Owners[T]['readers'][number] ? T : never;
}[Table];

/** Tables that every service may read, for rules that services share. */
export type SharedDb = {
  readonly [T in SharedTable as Model<T>]: Methods<PrismaClient[Model<T>], Read>;
} & Pick<PrismaClient, '$queryRaw'>;

type TransactionOptions = {
  maxWait?: number;
  timeout?: number;
  isolationLevel?: Prisma.TransactionIsolationLevel;
};

/** The client of one service: a write to a table or column of another one does not compile. */
export type ServiceDb<S extends Service> = ServiceTx<S> &
  Pick<PrismaClient, '$connect' | '$disconnect'> & {
    $transaction<R>(
      work: (tx: ServiceTx<S>) => Promise<R>,
      options?: TransactionOptions,
    ): Promise<R>;
  };

export type AuthDb = ServiceDb<'auth'>;
export type ChatDb = ServiceDb<'chat'>;
export type UserDb = ServiceDb<'user'>;
export type MediaDb = ServiceDb<'media'>;
export type StatusDb = ServiceDb<'status'>;
