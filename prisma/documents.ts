import { readFileSync, writeFileSync } from 'node:fs';
import { withOwnersTable } from './src/owners-table.ts';

const readme = new URL('README.md', import.meta.url);
writeFileSync(readme, withOwnersTable(readFileSync(readme, 'utf8')));
