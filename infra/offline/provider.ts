/**
 * A stand-in for Terraform's AWS provider: the real plugin protocol and the real provider's schema,
 * without AWS. Prints the value of TF_REATTACH_PROVIDERS, by which Terraform finds it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { compute } from './compute.ts';
import { answer } from './data-sources.ts';
import { createInventory, replacesOn } from './resources.ts';
import { type Broken, brokenRules } from './rules.ts';
import { type Block, readSchema, restrict, toProtocol } from './schema.ts';
import { type DynamicValue, type Values, decode, encode, isUnknown, listOf } from './values.ts';

const schema = restrict(readSchema(), fileURLToPath(new URL('..', import.meta.url)));
const inventory = createInventory();
let defaultTags: unknown = {};

type Request = { type_name: string } & Record<string, DynamicValue>;

const diagnosticOf = ({ summary, detail = '', path = [] }: Broken) => ({
  severity: 1,
  summary,
  detail,
  attribute: {
    steps: path.map((step) =>
      typeof step === 'number' ? { element_key_int: step } : { attribute_name: step },
    ),
  },
});

const toProtocolSchemas = (blocks: Record<string, Block>) =>
  Object.fromEntries(
    Object.entries(blocks).map(([type, block]) => [type, toProtocol(block, type)]),
  );

/** The real provider merges its default tags at plan time. */
const withTags = (values: Values, config: Values | null): Values =>
  'tags_all' in values && !isUnknown(values['tags']) && (config?.['tags_all'] ?? null) === null
    ? { ...values, tags_all: { ...(defaultTags as object), ...(values['tags'] as object | null) } }
    : values;

const plan = ({ type_name: type, ...request }: Request) => {
  const [prior, proposed, config] = [
    decode(request['prior_state']),
    decode(request['proposed_new_state']),
    decode(request['config']),
  ];
  if (proposed === null) return { planned_state: encode(null) };
  const computed = compute(schema.resources[type]!, type, config, proposed, 'plan');
  const planned = withTags(computed, config);
  return {
    planned_state: encode(planned),
    requires_replace: replacesOn(type, prior, planned).map((name) => ({
      steps: [{ attribute_name: name }],
    })),
    legacy_type_system: true,
  };
};

const apply = ({ type_name: type, ...request }: Request) => {
  const [prior, planned, config] = [
    decode(request['prior_state']),
    decode(request['planned_state']),
    decode(request['config']),
  ];
  if (planned === null) {
    const refusal = inventory.remove(type, prior!);
    return refusal
      ? { new_state: encode(prior), diagnostics: [diagnosticOf({ summary: refusal })] }
      : { new_state: encode(null) };
  }
  const applied = compute(schema.resources[type]!, type, config, planned, 'apply');
  inventory.put(type, applied);
  return { new_state: encode(applied), legacy_type_system: true };
};

const handlers: Record<string, (request: Request) => object> = {
  GetProviderSchema: () => ({
    provider: toProtocol(schema.provider, 'provider'),
    resource_schemas: toProtocolSchemas(schema.resources),
    data_source_schemas: toProtocolSchemas(schema.data),
    server_capabilities: { plan_destroy: false, get_provider_schema_optional: true },
  }),
  ValidateProviderConfig: () => ({}),
  ValidateResourceConfig: ({ type_name: type, ...request }) => ({
    diagnostics: brokenRules(type, schema.resources[type]!, decode(request['config']) ?? {}).map(
      diagnosticOf,
    ),
  }),
  ValidateDataResourceConfig: () => ({}),
  UpgradeResourceState: ({ raw_state }) => ({ upgraded_state: { json: raw_state!.json } }),
  ConfigureProvider: ({ config }) => {
    const [tags] = listOf(decode(config)?.['default_tags']) as Values[];
    if (tags && !isUnknown(tags['tags'])) defaultTags = tags['tags'];
    return {};
  },
  ReadResource: ({ current_state, private: kept }) => ({ new_state: current_state, private: kept }),
  PlanResourceChange: plan,
  ApplyResourceChange: apply,
  ImportResourceState: () => ({
    diagnostics: [diagnosticOf({ summary: 'The offline provider cannot import.' })],
  }),
  ReadDataSource: ({ type_name: type, config }) => {
    const values = decode(config) ?? {};
    const block = schema.data[type]!;
    return { state: encode(answer(type, compute(block, type, values, values, 'apply'))) };
  },
  GetFunctions: () => ({}),
  StopProvider: () => ({}),
};

const directory = mkdtempSync(join(tmpdir(), 'taar-provider-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
process.on('SIGTERM', () => process.exit(0));
// Terraform interrupts the whole process group; the script that started this one ends it.
process.on('SIGINT', () => {});

const protocol = grpc.loadPackageDefinition(
  loadSync(fileURLToPath(new URL('tfplugin6.proto', import.meta.url)), {
    keepCase: true,
    longs: Number,
    enums: Number,
    defaults: false,
  }),
) as unknown as { tfplugin6: { Provider: grpc.ServiceClientConstructor } };

const server = new grpc.Server({ 'grpc.max_send_message_length': -1 });
server.addService(
  protocol.tfplugin6.Provider.service,
  Object.fromEntries(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      (call: { request: Request }, answerWith: grpc.sendUnaryData<object>) => {
        try {
          answerWith(null, handle(call.request));
        } catch (error) {
          answerWith({ code: grpc.status.INTERNAL, message: String((error as Error).stack) });
        }
      },
    ]),
  ),
);

const socket = join(directory, 'provider.sock');
server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  const attached = {
    Protocol: 'grpc',
    ProtocolVersion: 6,
    Pid: process.pid,
    Test: true,
    Addr: { Network: 'unix', String: socket },
  };
  console.log(JSON.stringify({ [schema.name]: attached }));
});
