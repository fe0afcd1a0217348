import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { eachPlatform, ofType, platforms } from './state.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** Terraform takes containers as a string, in which it finds no mistake: the SDK's types do. */
const complaints = async (definitions: string[]) => {
  const dir = await mkdtemp(join(here, 'types-'));
  try {
    const source = [
      "import type { ContainerDefinition } from '@aws-sdk/client-ecs';",
      ...definitions.map((json, i) => `export const t${i}: ContainerDefinition[] = ${json};`),
    ];
    await writeFile(join(dir, 'containers.ts'), source.join('\n'));
    const options = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
    ];
    return await promisify(execFile)(process.execPath, [tsc, ...options, 'containers.ts'], {
      cwd: dir,
    }).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
  } finally {
    await rm(dir, { recursive: true });
  }
};

test('a mistake in a container is found', async () => {
  expect(await complaints(['[{ "name": "x", "stopTimout": 5 }]'])).toMatch(/stopTimout/);
});

(platforms.length > 0 ? describe : describe.skip)('the containers', () => {
  test.each(eachPlatform)('of %s are what ECS takes', async (_environment, resources) => {
    const definitions = ofType(resources, 'aws_ecs_task_definition');
    expect(definitions).toHaveLength(6);
    const json = definitions.map((values) => String(values['container_definitions']));
    expect(await complaints(json)).toBe('');
  });
});
