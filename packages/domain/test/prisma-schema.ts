import { readFileSync, readdirSync } from 'node:fs';

export type Column = {
  table: string;
  column: string;
  type: string;
  /** The column is a foreign key to users. */
  toUser: boolean;
};

const folder = new URL('../../../prisma/schema/', import.meta.url);
const line = /^ {2}(\w+)\s+(\w+)(?:\?|\[\])?(.*)$/;
const mapped = (attributes: string, name: string) =>
  /@map\("(\w+)"\)/.exec(attributes)?.[1] ?? name;

const readModel = (body: string, models: Set<string>): Column[] => {
  const table = /@@map\("(\w+)"\)/.exec(body)![1]!;
  const fields = body.split('\n').flatMap((text) => {
    const [, name, type, attributes] = line.exec(text) ?? [];
    return name && type ? [{ name, type, attributes: attributes ?? '' }] : [];
  });
  const keysToUser = fields
    .filter(({ type }) => type === 'User')
    .flatMap(({ attributes }) => /fields: \[([^\]]*)\]/.exec(attributes)?.[1]?.split(/,\s*/) ?? []);
  return fields
    .filter(({ type }) => !models.has(type))
    .map(({ name, type, attributes }) => ({
      table,
      column: mapped(attributes, name),
      type,
      toUser: keysToUser.includes(name),
    }));
};

/** Every column of the Prisma schema. */
export const readColumns = (
  text = readdirSync(folder)
    .filter((name) => name.endsWith('.prisma'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n'),
): Column[] => {
  const models = [...text.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)];
  const names = new Set(models.map(([, name]) => name!));
  return models.flatMap(([, , body]) => readModel(body!, names));
};
