import type { ClientEvent, Infer, Input, Operation, Output, Body } from '@taar/contracts';
import type Joi from 'joi';
import type { Actor, Authenticate, Caller } from './auth.ts';
import { AppError, type IsUnavailable } from './errors.ts';
import type { Logger } from './logger.ts';
import type { SpendLimit } from './rate-limit.ts';

/** What every edge needs of its service. */
export type EdgeDeps = {
  logger: Logger;
  authenticate: Authenticate;
  spendLimit: SpendLimit;
  isUnavailable: IsUnavailable;
};

type ActorOf<O extends { auth: 'user' | 'none' }> = O['auth'] extends 'user' ? Actor : Caller;
/** A verb: it cannot know how it was called. */
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
const pointer = (path: (string | number)[]) =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Walks without recursion: a deep value must not overflow the stack of whoever walks it next. */
const assertPlain = (value: unknown) => {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > maxNesting) throw invalid([{ path: [], type: 'object.depth' }]);
    const next: unknown[] = [];
    for (const item of level) {
      if (item === null || typeof item !== 'object') continue;
      // Sockets carry them beside the JSON; they would be one thing live and another in the database.
      if (ArrayBuffer.isView(item)) throw invalid([{ path: [], type: 'object.base' }]);
      if (Object.hasOwn(item, '__proto__'))
        throw invalid([{ path: ['__proto__'], type: 'object.unknown' }]);
      for (const inner of Object.values(item)) next.push(inner);
    }
    level = next;
  }
};

const words: Record<string, string> = {
  'any.required': 'is required',
  'any.only': 'is not one of the allowed values',
  'object.unknown': 'is not known here',
  'object.depth': 'is nested too deep',
  'object.size': 'is too large',
  'object.base': 'must be an object',
  'object.min': 'must have at least one member',
  'object.oxor': 'has members that exclude each other',
  'array.base': 'must be a list',
  'array.min': 'has too few items',
  'array.max': 'has too many items',
  'array.unique': 'holds the same item twice',
  'string.base': 'must be text',
  'string.empty': 'must not be empty',
  'string.pattern.name': 'does not have the right form',
  'string.max': 'is too long',
  'text.max': 'is too long',
  'text.min': 'is too short',
  'text.empty': 'must hold something to see',
  'text.invalid': 'holds characters that text cannot hold',
  'number.base': 'must be a number',
  'number.integer': 'must be a whole number',
  'number.min': 'is too small',
  'number.max': 'is too large',
  'boolean.base': 'must be true or false',
  'query.invalid': 'does not have the right form',
};

type Mistake = { path: (string | number)[]; type: string };
const maxMistakes = 20;

// Built from path and type alone: Joi's own messages repeat the value.
const invalid = (mistakes: Mistake[]) =>
  new AppError(
    'validation_failed',
    `${mistakes.length} ${mistakes.length === 1 ? 'field is' : 'fields are'} not valid.`,
    {
      errors: mistakes.slice(0, maxMistakes).map(({ path, type }) => ({
        pointer: pointer(path).slice(0, 500),
        code: type,
        detail: words[type] ?? 'is not valid',
      })),
    },
  );

/** The input as a whole. */
export const invalidInput = (type: string) => invalid([{ path: [], type }]);

/** A field that only the verb can judge. */
export const invalidField = (field: string, type: string) => invalid([{ path: [field], type }]);

export const parse = <T>(schema: Joi.AnySchema, value: unknown): T => {
  assertPlain(value);
  const { error, value: parsed } = schema.required().validate(value, {
    abortEarly: false,
    convert: false,
    errors: { render: false },
  });
  if (error) throw invalid(error.details);
  return parsed as T;
};
