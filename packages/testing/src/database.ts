import { randomUUID } from 'node:crypto';
import { createDb, services, type PrismaClient, type Service } from '@taar/db';
import { derivedPassword } from '@taar/db/roles';
import { atEnd } from './at-end.ts';
import { envOf } from './env.ts';
import { dropTemplate, runSql, withDatabase } from './template.ts';

export type Database = {
  /** One URL for each service, with the role of that service. */
  urls: Record<Service, string>;
  /** Signs in as the superuser: for factories, and to read rows that no operation shows. */
  admin: PrismaClient;
  adminUrl: string;
};

export type DatabaseServer = { url: string; template: string };

const commonServer = (): DatabaseServer => ({
  url: envOf('TEST_DATABASE_URL'),
  template: envOf('TEST_DATABASE_TEMPLATE'),
});

/** Creates a database for this test file, which is dropped after its last test. */
export const freshDatabase = async (from = commonServer()): Promise<Database> => {
  const server = from.url;
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await runSql(server, `CREATE DATABASE ${name} TEMPLATE ${from.template}`);
  const adminUrl = withDatabase(server, name);
  const admin = createDb(adminUrl, { max: 4, connectTimeoutMs: 20_000 });
  atEnd(async () => {
    await admin.$disconnect();
    await dropTemplate(server, name);
  });

  // Roles belong to the whole server, so all that create them there must use the same passwords.
  const passwordOf = derivedPassword(server);
  const urlOf = (service: Service) => {
    const url = new URL(adminUrl);
    url.username = `taar_${service}`;
    url.password = passwordOf(service);
    return url.href;
  };
  const urls = Object.fromEntries(services.map((service) => [service, urlOf(service)]));
  return { urls: urls as Record<Service, string>, admin, adminUrl };
};
