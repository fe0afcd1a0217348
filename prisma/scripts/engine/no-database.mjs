import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';

const refuse = async () => {
  throw new Error('A comparison of schema files has no database.');
};

const names = { provider: 'postgres', adapterName: '@prisma/adapter-pg' };

/** Answers the one query of a comparison of schema files, which asks for PostgreSQL's version. */
export const noDatabase = {
  ...names,
  connect: async () => ({
    ...names,
    queryRaw: async () => ({
      columnNames: ['exists', 'version', 'numeric_version'],
      columnTypes: [ColumnTypeEnum.Boolean, ColumnTypeEnum.Text, ColumnTypeEnum.Int32],
      rows: [[true, 'PostgreSQL 15.0', 150000]],
    }),
    executeRaw: async () => 0,
    executeScript: async () => {},
    startTransaction: refuse,
    getConnectionInfo: () => ({ schemaName: 'public', supportsRelationJoins: true }),
    dispose: async () => {},
  }),
  connectToShadowDb: refuse,
};
