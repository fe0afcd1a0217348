import { migrateDeploy } from './migrate.ts';
import { services, type Service } from './owners.ts';
import { createRoles } from './roles.ts';

const url = process.env.DATABASE_URL;
if (!url) {
  console.error('Set DATABASE_URL to the database to migrate, with the credentials of its owner.');
  process.exit(1);
}

const applied = await migrateDeploy(url, process.argv[2]);
console.log(applied.length ? `Applied ${applied.join(', ')}.` : 'No migration is pending.');

const passwordOf = (service: Service) => process.env[`DATABASE_PASSWORD_${service.toUpperCase()}`];
const missing = services.filter((service) => !passwordOf(service));
if (missing.length === 0) {
  await createRoles(url, new URL(url).pathname.slice(1), (service) => passwordOf(service)!);
  console.log('Roles and grants are up to date.');
} else if (missing.length < services.length) {
  console.error(
    `Roles were not changed: DATABASE_PASSWORD_… is missing for ${missing.join(', ')}.`,
  );
  process.exit(1);
}
