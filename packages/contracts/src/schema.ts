import Joi from 'joi';

/**
 * Builders of Joi schemas that keep their TypeScript types, so that no shape is written twice.
 * Keys are required unless `optional`, no value is converted, and unknown keys are rejected.
 */
declare const typed: unique symbol;
export type Schema<T = unknown> = Joi.AnySchema & { readonly [typed]?: () => T };
export type ObjectSchema<T = unknown> = Joi.ObjectSchema & {
  readonly [typed]?: () => T;
};
// oxlint-disable-next-line typescript/no-explicit-any -- stands for every schema, whatever its type
export type AnySchema = Schema<any>;
export type Infer<S> = S extends { readonly [typed]?: () => infer T } ? T : never;

export type Shape = Record<string, AnySchema>;
type Missing<S extends Shape> = {
  [K in keyof S]: undefined extends Infer<S[K]> ? K : never;
}[keyof S];
type Flat<T> = { [K in keyof T]: T[K] };
export type ObjectOf<S extends Shape> = Flat<
  { [K in Exclude<keyof S, Missing<S>>]: Infer<S[K]> } & {
    [K in Missing<S>]?: Exclude<Infer<S[K]>, undefined>;
  }
>;

const isOptional = (schema: Joi.AnySchema) => schema._flags['presence'] === 'optional';

export const object = <S extends Shape>(shape: S): ObjectSchema<ObjectOf<S>> =>
  Joi.object(
    Object.fromEntries(
      Object.entries(shape).map(([key, schema]) => [
        key,
        isOptional(schema) ? schema : schema.required(),
      ]),
    ),
  );

export const optional = <T>(schema: Schema<T>): Schema<T | undefined> => schema.optional();
export const nullable = <T>(schema: Schema<T>): Schema<T | null> => schema.allow(null);
export const array = <T>(items: Schema<T>, min: number, max: number): Schema<T[]> =>
  Joi.array().items(items).min(min).max(max);
export const uniqueArray = <T>(items: Schema<T>, min: number, max: number): Schema<T[]> =>
  Joi.array().items(items).min(min).max(max).unique();
/** A list in an answer. Its length is bounded by the page size of the request. */
export const list = <T>(items: Schema<T>): Schema<T[]> => Joi.array().items(items);
export const oneOf = <const T extends string>(...values: T[]): Schema<T> =>
  Joi.string().valid(...values);
export const constant = <const T extends string | number | boolean>(value: T): Schema<T> =>
  Joi.valid(value);
export const either = <S extends AnySchema[]>(...schemas: S): Schema<Infer<S[number]>> =>
  Joi.alternatives(...schemas);
export const boolean = (): Schema<boolean> => Joi.boolean().strict();
export const integer = (min: number, max: number): Schema<number> =>
  Joi.number().strict().integer().min(min).max(max);
export const number = (min: number, max: number): Schema<number> =>
  Joi.number().strict().min(min).max(max);

/** A count, or a position in a sequence. */
export const natural = (): Schema<number> => integer(0, Number.MAX_SAFE_INTEGER);

// Lower-case and dashed only: another spelling of the same id would miss rooms, caches and keys.
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && uuidPattern.test(value);
export const uuid = (): Schema<string> => Joi.string().pattern(uuidPattern, { name: 'uuid' });

const isTime = (value: string) => {
  const at = new Date(value);
  return at.getTime() >= 0 && at.toISOString() === value;
};
/** RFC 3339 in UTC with milliseconds, from 1970 on, on a day that exists. */
export const time = (): Schema<string> =>
  Joi.string()
    .pattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, { name: 'time' })
    .custom((value: string, helpers) => (isTime(value) ? value : helpers.error('time.invalid')))
    .meta({ json: { type: 'string', format: 'date-time' } });

const rfc3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(\.\d+)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const readTime = (value: string): string | undefined => {
  const [, day, minute, second, fraction = '', offset] = rfc3339.exec(value) ?? [];
  if (day === undefined) return undefined;
  // A leap second is the end of the second before it.
  const [whole, part] = second === '60' ? ['59', '.999'] : [second, fraction.slice(0, 4)];
  const isDay = isTime(`${day}T00:00:00.000Z`);
  const at = new Date(`${day}T${minute}:${whole}${part}${offset!.toUpperCase()}`);
  return isDay && at.getTime() >= 0 ? at.toISOString() : undefined;
};
/** A time that a client sends, in any form of RFC 3339; parsed to the form of `time`. */
export const anyTime = (): Schema<string> =>
  Joi.string()
    .max(64)
    .custom((value: string, helpers) => readTime(value) ?? helpers.error('time.invalid'))
    .meta({ json: { type: 'string', format: 'date-time' } });

/** E.164. The verb checks whether the number can exist. */
export const phoneNumber = (): Schema<string> =>
  Joi.string().pattern(/^\+[1-9]\d{6,14}$/, { name: 'E.164' });

const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
/** PostgreSQL rejects NUL, and UTF-8 cannot encode lone surrogates. */
export const isText = (value: string) => !value.includes('\u0000') && !loneSurrogate.test(value);

/** Text that matches a pattern. */
export const pattern = (form: RegExp, name: string): Schema<string> =>
  Joi.string().pattern(form, { name });

/** Text of at most `max` code points. */
export const text = (max: number, min = 0): Schema<string> =>
  (min === 0 ? Joi.string().allow('') : Joi.string())
    // A code point is at most two units, so this rejects a huge string before it is counted.
    .max(max * 2)
    .custom((value: string, helpers) => {
      if (!isText(value)) return helpers.error('text.invalid');
      const length = [...value].length;
      if (length > max) return helpers.error('text.max');
      return length < min ? helpers.error('text.min') : value;
    })
    .meta({ json: { type: 'string', minLength: min, maxLength: max } });

/** Whether the text has a character other than spaces, zero-width marks and fillers. */
export const hasVisibleText = (value: string) => /[^\s\p{DI}\p{Cf}\p{Cc}\u2800]/u.test(value);

export const visibleText = (max: number): Schema<string> =>
  (text(max, 1) as Joi.StringSchema).custom((value: string, helpers) =>
    hasVisibleText(value) ? value : helpers.error('text.empty'),
  );

const emojiModifiers = String.raw`(?:\p{EMod}|\uFE0F)*(?:[\u{E0020}-\u{E007E}]+\u{E007F})?`;
const emojiPart = String.raw`\p{Extended_Pictographic}${emojiModifiers}`;
const oneEmoji = new RegExp(
  String.raw`^(?:\p{RI}{2}|[0-9#*]\uFE0F?\u20E3|${emojiPart}(?:\u200D${emojiPart})*)$`,
  'u',
);

/** One emoji: a flag, a keycap, or one pictogram, which may be joined from several. */
export const emoji = (): Schema<string> =>
  (text(16, 1) as Joi.StringSchema).custom((value: string, helpers) =>
    oneEmoji.test(value) ? value : helpers.error('emoji.invalid'),
  );

const depth = (value: unknown): number =>
  value !== null && typeof value === 'object'
    ? 1 + Math.max(0, ...Object.values(value).map(depth))
    : 0;
const isCleanJson = (value: unknown): boolean => {
  if (typeof value === 'string') return isText(value);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, inner]) => isText(key) && isCleanJson(inner));
};

/** A client's own JSON object of at most `maxBytes`, nested at most `maxDepth` levels. */
export const jsonObject = (maxBytes: number, maxDepth: number): Schema<Record<string, unknown>> =>
  Joi.object()
    .unknown(true)
    .custom((value: object, helpers) => {
      // The edge bounds the nesting first, so the recursion cannot overflow the stack.
      if (depth(value) > maxDepth) return helpers.error('object.depth');
      if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) return helpers.error('object.size');
      return isCleanJson(value) ? value : helpers.error('text.invalid');
    })
    .meta({ json: { type: 'object' } });

/** The file in a form. */
export const file = (): Schema => Joi.any().meta({ json: { type: 'string', format: 'binary' } });

/** A JSON object of any form, in an answer. */
export const anyObject = (): Schema<Record<string, unknown>> => Joi.object().unknown(true);

const fromQuery = <T>(pattern: RegExp, json: object, read: (value: string) => T | undefined) =>
  Joi.any()
    .custom((value: unknown, helpers) => {
      const known = typeof value === 'string' && pattern.test(value) ? read(value) : undefined;
      return known === undefined ? helpers.error('query.invalid') : known;
    })
    .meta({ json }) as Schema<T>;

/** A number in a query: digits only. Forms like `1e2` and ` 10 ` are rejected. */
export const queryInteger = (min: number, max: number): Schema<number> =>
  fromQuery(/^(0|[1-9]\d{0,15})$/, { type: 'integer', minimum: min, maximum: max }, (value) => {
    const known = Number(value);
    return known >= min && known <= max ? known : undefined;
  });
export const queryBoolean = (): Schema<boolean> =>
  fromQuery(/^(true|false)$/, { type: 'boolean' }, (value) => value === 'true');

export const atLeastOneKey = <T>(schema: ObjectSchema<T>): ObjectSchema<T> => schema.min(1);

/** Names a schema; the printed documents refer to it by this name. */
export const named = <S extends AnySchema>(name: string, schema: S): S => schema.meta({ name });
export const atLeastOneKeyOf = <T>(schema: ObjectSchema<T>, ...keys: (keyof T & string)[]) =>
  schema.or(...keys);
export const atMostOneKeyOf = <T>(schema: ObjectSchema<T>, ...keys: (keyof T & string)[]) =>
  schema.oxor(...keys);
export const exactlyOneKeyOf = <T>(schema: ObjectSchema<T>, ...keys: (keyof T & string)[]) =>
  schema.xor(...keys);
export const allOrNoneOf = <T>(schema: ObjectSchema<T>, ...keys: (keyof T & string)[]) =>
  schema.and(...keys);
