import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openBlobs, type Blobs } from './blobs.ts';
import { S3Error } from './s3-error.ts';
import type { Call } from './call.ts';

export type StoredObject = {
  blob: string;
  size: number;
  etag: string;
  modified: number;
  /** Headers sent with each download: type, caching, metadata. */
  headers: Record<string, string>;
  checksums: Record<string, string>;
};
export type StoredPart = Pick<StoredObject, 'blob' | 'size' | 'etag' | 'modified'>;
export type CorsRule = {
  AllowedOrigin?: string[];
  AllowedMethod?: string[];
  AllowedHeader?: string[];
  ExposeHeader?: string[];
  MaxAgeSeconds?: string;
};
export type Bucket = { created: number; cors: CorsRule[]; objects: Map<string, StoredObject> };
export type Upload = {
  bucket: string;
  key: string;
  started: number;
  headers: Record<string, string>;
  parts: Map<number, StoredPart>;
};

type Change =
  | { type: 'bucket'; bucket: string; value: Omit<Bucket, 'objects'> }
  | { type: 'object'; bucket: string; key: string; value: StoredObject }
  | { type: 'object-gone'; bucket: string; key: string }
  | { type: 'upload'; id: string; value: Omit<Upload, 'parts'> }
  | { type: 'part'; id: string; number: number; value: StoredPart }
  | { type: 'upload-gone'; id: string };

type State = { buckets: Map<string, Bucket>; uploads: Map<string, Upload> };

export type Store = State & { blobs: Blobs; commit(change: Change): void; close(): void };

/** Keeps the state in memory and appends each change to a log, from which a restart restores it. */
export const openStore = (dir: string): Store => {
  const blobs = openBlobs(join(dir, 'blobs'));
  const state: State = { buckets: new Map(), uploads: new Map() };
  const file = join(dir, 'changes.jsonl');
  for (const change of readChanges(file)) apply(state, change);

  const lines = snapshot(state).map((change) => `${JSON.stringify(change)}\n`);
  writeFileSync(`${file}.new`, lines.join(''));
  renameSync(`${file}.new`, file);
  blobs.dropAllBut(liveBlobs(state));

  const log = openSync(file, 'a');
  return {
    ...state,
    blobs,
    commit: (change) => {
      writeSync(log, `${JSON.stringify(change)}\n`);
      for (const blob of apply(state, change)) blobs.drop(blob);
    },
    close: () => closeSync(log),
  };
};

export const bucketOf = (store: Store, { bucket }: Call): Bucket => {
  const found = store.buckets.get(bucket);
  if (!found) throw new S3Error(404, 'NoSuchBucket');
  return found;
};

/** Applies a change to the state; returns the blobs that nothing refers to after it. */
const apply = ({ buckets, uploads }: State, change: Change): string[] => {
  switch (change.type) {
    case 'bucket': {
      const objects = buckets.get(change.bucket)?.objects ?? new Map();
      buckets.set(change.bucket, { ...change.value, objects });
      return [];
    }
    case 'object':
      return replace(buckets.get(change.bucket)?.objects, change.key, change.value);
    case 'object-gone':
      return replace(buckets.get(change.bucket)?.objects, change.key);
    case 'upload':
      uploads.set(change.id, { ...change.value, parts: new Map() });
      return [];
    case 'part':
      return replace(uploads.get(change.id)?.parts, change.number, change.value);
    case 'upload-gone':
      break;
  }
  const parts = [...(uploads.get(change.id)?.parts.values() ?? [])];
  uploads.delete(change.id);
  return parts.map(({ blob }) => blob);
};

const replace = <Key, Value extends StoredPart>(
  map: Map<Key, Value> | undefined,
  key: Key,
  value?: Value,
) => {
  const old = map?.get(key);
  if (value) map?.set(key, value);
  else map?.delete(key);
  return old ? [old.blob] : [];
};

const readChanges = (file: string): Change[] => {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  // A killed server may have written half a line; only lines that end in a newline were committed.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
};

const snapshot = ({ buckets, uploads }: State): Change[] => [
  ...[...buckets].flatMap(([bucket, { objects, ...value }]): Change[] => [
    { type: 'bucket', bucket, value },
    ...[...objects].map(([key, value]): Change => ({ type: 'object', bucket, key, value })),
  ]),
  ...[...uploads].flatMap(([id, { parts, ...value }]): Change[] => [
    { type: 'upload', id, value },
    ...[...parts].map(([number, value]): Change => ({ type: 'part', id, number, value })),
  ]),
];

const liveBlobs = ({ buckets, uploads }: State) =>
  new Set(
    [
      ...[...buckets.values()].flatMap(({ objects }) => [...objects.values()]),
      ...[...uploads.values()].flatMap(({ parts }) => [...parts.values()]),
    ].map(({ blob }) => blob),
  );
