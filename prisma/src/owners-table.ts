import { type Ownership, type Rights, type Service, owners, services } from './owners.ts';

const begin = '<!-- Printed from src/owners.ts by `npm run generate`. -->\n';
const end = '<!-- End of the printed table. -->\n';
/** Longer lists of columns are counted in the table and named in owners.ts alone. */
const maxNamedColumns = 3;

/** The document with the table between its two marks replaced by the present one. */
export const withOwnersTable = (document: string): string => {
  const [before, after] = [document.split(begin)[0], document.split(end)[1]];
  if (before === undefined || after === undefined || before === document)
    throw new Error('The document has no marks for the table of owners.');
  return `${before}${begin}${ownersTable()}${end}${after}`;
};

const ownersTable = () => {
  const rows = Object.entries<Ownership>(owners).map(
    ([table, ownership]) =>
      `| \`${table}\` | ${ownership.owner} | ${writersOf(ownership)} | ${readersOf(ownership)} |\n`,
  );
  return `| table | owner | written by | read by |\n|---|---|---|---|\n${rows.join('')}`;
};

/** Services with the same rights share one entry. */
const writersOf = ({ owner, writers }: Ownership) => {
  const ownerFirst = [owner, ...services.filter((service) => service !== owner)];
  const byRights = new Map<string, Service[]>();
  for (const service of ownerFirst) {
    const rights = writers[service];
    if (!rights) continue;
    const text = describeRights(rights);
    byRights.set(text, [...(byRights.get(text) ?? []), service]);
  }
  const entries = [...byRights].map(([rights, writing]) => `${nameServices(writing)}: ${rights}`);
  return entries.join('; ') || 'no service';
};

const describeRights = ({ insert, update, delete: remove }: Rights) => {
  if (insert && update === true && remove) return 'all';
  return [insert ? 'insert' : '', describeUpdate(update), remove ? 'delete' : '']
    .filter(Boolean)
    .join(', ');
};

const describeUpdate = (update: Rights['update']) => {
  if (update === true || update === undefined) return update ? 'update' : '';
  if (update.length > maxNamedColumns) return `update of ${update.length} columns`;
  return `update of ${update.map((name) => `\`${name}\``).join(', ')}`;
};

const readersOf = ({ readers, writers }: Ownership) =>
  nameServices(services.filter((service) => readers.includes(service) || service in writers));

const nameServices = (named: readonly Service[]) =>
  named.length === services.length ? 'every service' : named.join(', ');
