import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';

const refuse = async () => {
  throw new Error('There is no database behind a comparison of files.');
};

const names = { provider: 'postgres', adapterName: '@prisma/adapter-pg' };

/** A comparison of schema files asks a database for nothing but its version: this one only has that. */
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
