import type { Body, ClientEvent, Infer, Input, Operation, Output } from '@taar/contracts';
import type Joi from 'joi';
import type { Actor, Authenticate, Caller } from './auth.ts';
import { AppError, type IsUnavailable } from './errors.ts';
import type { Logger } from './logger.ts';
import type { SpendLimit } from './rate-limit.ts';

/** The dependencies of the edge, for REST and for sockets. */
export type EdgeDeps = {
  logger: Logger;
  authenticate: Authenticate;
  spendLimit: SpendLimit;
  isUnavailable: IsUnavailable;
};

type ActorOf<O extends { auth: 'user' | 'none' }> = O['auth'] extends 'user' ? Actor : Caller;
/** A verb. It cannot know over which transport it was called. */
export type UseCase<Deps, O extends Operation> = (
  deps: Deps,
  actor: ActorOf<O>,
  input: Input<O>,
) => Promise<Output<O>>;
export type EventHandler<Deps, E extends ClientEvent, S> = (
  deps: Deps,
  actor: E extends { auth: 'none' } ? Actor | null : Actor,
  input: Infer<E['input']>,
  socket: S,
) => Promise<Body<E>> | Body<E>;

const maxNesting = 32;
/** The largest input of the contract, a full upload of contacts, has fewer fields and items. */
const maxMembers = 20_000;
/** A report of all mistakes costs time for each; a larger input gets the first one alone. */
const maxMembersOfReport = 500;
const maxMistakes = 20;

/** Returns `value` as the schema's type. Throws `validation_failed` with the mistakes. */
export const parse = <T>(schema: Joi.AnySchema, value: unknown): T => {
  const members = countMembers(value);
  const { error, value: parsed } = validate(schema, value, members > maxMembersOfReport);
  if (error) throw invalid(error.details);
  return parsed as T;
};

const validate = (schema: Joi.AnySchema, value: unknown, abortEarly: boolean) =>
  schema.required().validate(value, { abortEarly, convert: false, errors: { render: false } });

/** The error of an input that is invalid as a whole. */
export const invalidInput = (type: string) => invalid([{ path: [], type }]);

/** The error of a field that only the verb can check. */
export const invalidField = (field: string, type: string) => invalid([{ path: [field], type }]);

/**
 * The number of fields and items at all depths. Rejects a value that is too large or too deep, or
 * no plain JSON, before a schema spends time on it. Without recursion, which could overflow.
 */
const countMembers = (value: unknown): number => {
  let level: unknown[] = [value];
  let count = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxNesting) throw invalidInput('object.depth');
    const next: unknown[] = [];
    for (const item of level) {
      if (item === null || typeof item !== 'object') continue;
      // Sockets carry bytes beside the JSON; the database would store them as another value.
      if (ArrayBuffer.isView(item)) throw invalidInput('object.base');
      if (Object.hasOwn(item, '__proto__')) throw invalidField('__proto__', 'object.unknown');
      const inner: unknown[] = Array.isArray(item) ? item : Object.values(item);
      count += inner.length;
      if (count > maxMembers) throw invalidInput('object.size');
      for (const one of inner) next.push(one);
    }
    level = next;
  }
  return count;
};

type Mistake = { path: (string | number)[]; type: string };

// Built from path and type alone: Joi's own messages repeat the value.
const invalid = (mistakes: Mistake[]) =>
  new AppError(
    'validation_failed',
    `${mistakes.length} ${mistakes.length === 1 ? 'field is' : 'fields are'} not valid.`,
    {
      errors: mistakes.slice(0, maxMistakes).map(({ path, type }) => ({
        pointer: pointer(path).slice(0, 500),
        code: type,
        detail: details[type] ?? 'is not valid',
      })),
    },
  );

const pointer = (path: (string | number)[]) =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const details: Record<string, string> = {
  'any.required': 'is required',
  'any.only': 'is not one of the allowed values',
  'object.unknown': 'is not a known field',
  'object.depth': 'is nested too deep',
  'object.size': 'is too large',
  'object.base': 'must be an object',
  'object.min': 'must have at least one field',
  'object.missing': 'lacks a field of which one is required',
  'object.and': 'lacks a field that another field requires',
  'object.xor': 'has fields that exclude each other',
  'object.oxor': 'has fields that exclude each other',
  'array.base': 'must be a list',
  'array.min': 'has too few items',
  'array.max': 'has too many items',
  'array.unique': 'contains the same item twice',
  'string.base': 'must be text',
  'string.empty': 'must not be empty',
  'string.pattern.name': 'does not have the right form',
  'string.max': 'is too long',
  'text.max': 'is too long',
  'text.min': 'is too short',
  'text.empty': 'must contain a visible character',
  'text.invalid': 'contains characters that are not allowed in text',
  'emoji.invalid': 'must be one emoji',
  'time.invalid': 'is not a valid time',
  'number.base': 'must be a number',
  'number.integer': 'must be a whole number',
  'number.min': 'is too small',
  'number.max': 'is too large',
  'boolean.base': 'must be true or false',
  'query.invalid': 'does not have the right form',
  'cursor.invalid': 'does not belong to this list',
};
