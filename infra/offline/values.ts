import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack';

/** A value that Terraform knows only after an apply. */
class Unknown {
  readonly isUnknown = true;
}
export const unknown = new Unknown();
export const isUnknown = (value: unknown): value is Unknown => value instanceof Unknown;

export type Values = Record<string, unknown>;
/** A value as Terraform's plugin protocol carries it. */
export type DynamicValue = { msgpack?: Uint8Array; json?: Uint8Array };

/** MessagePack extensions that Terraform uses for unknown values, plain and with refinements. */
const unknownType = 0;
const refinedUnknownType = 12;

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: unknownType,
  encode: (value) => (isUnknown(value) ? new Uint8Array([0]) : null),
  decode: () => unknown,
});
extensionCodec.register({
  type: refinedUnknownType,
  encode: () => null,
  decode: () => unknown,
});
const encoder = new Encoder({ extensionCodec });
const decoder = new Decoder({ extensionCodec });

export const decode = (value: DynamicValue | null | undefined): Values | null => {
  if (value?.msgpack?.length) return decoder.decode(value.msgpack) as Values | null;
  if (value?.json?.length) return JSON.parse(Buffer.from(value.json).toString()) as Values;
  return null;
};

export const encode = (value: Values | null): DynamicValue => ({
  msgpack: Buffer.from(encoder.encode(value)),
});

/** Blocks and attributes hold one value or a list of them; rules read both alike. */
export const listOf = (value: unknown): unknown[] =>
  value === null || value === undefined ? [] : Array.isArray(value) ? value : [value];
