import { migrateDeploy } from './migrate.ts';
import { services, type Service } from './owners.ts';
import { createRoles } from './roles.ts';

const url = process.env.DATABASE_URL;
if (!url) {
  console.error('DATABASE_URL must name the database to migrate, as its owner.');
  process.exit(1);
}

const applied = await migrateDeploy(url, process.argv[2]);
console.log(applied.length ? `Applied ${applied.join(', ')}.` : 'Nothing to apply.');

const passwordOf = (service: Service) => process.env[`DATABASE_PASSWORD_${service.toUpperCase()}`];
const missing = services.filter((service) => !passwordOf(service));
if (missing.length === 0) {
  await createRoles(url, new URL(url).pathname.slice(1), (service) => passwordOf(service)!);
  console.log('Roles and grants are up to date.');
} else if (missing.length < services.length) {
  console.error(`No DATABASE_PASSWORD_ for ${missing.join(', ')}: roles left as they were.`);
  process.exit(1);
}
