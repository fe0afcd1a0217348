import { owners, services, type Ownership, type Rights, type Service } from './owners.ts';

export const roleOf = (service: Service) => `taar_${service}`;

/** Statements that give each service's role exactly its rights in owners.ts. */
export const grantsSql = (): string => services.flatMap(grantsOf).join('\n');

const grantsOf = (service: Service): string[] => {
  const role = roleOf(service);
  return [
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role};`,
    `REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ${role};`,
    `GRANT USAGE ON SCHEMA public TO ${role};`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role};`,
    ...Object.entries<Ownership>(owners)
      .map(([table, ownership]) => tableGrant(service, table, ownership))
      .filter((grant) => grant !== undefined),
  ];
};

const tableGrant = (service: Service, table: string, { readers, writers }: Ownership) => {
  const rights = writers[service] ?? (readers.includes(service) ? {} : undefined);
  return rights && `GRANT ${privileges(rights).join(', ')} ON ${table} TO ${roleOf(service)};`;
};

const privileges = (rights: Rights): string[] => [
  'SELECT',
  ...(rights.insert ? ['INSERT'] : []),
  ...(rights.update === true ? ['UPDATE'] : []),
  ...(Array.isArray(rights.update) ? [`UPDATE (${rights.update.join(', ')})`] : []),
  ...(rights.delete ? ['DELETE'] : []),
];
