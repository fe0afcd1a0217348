import { type Values, isUnknown, listOf } from './values.ts';

/** Attributes that the real provider can change only by replacing the resource. */
const replacedOn: Record<string, string[]> = {
  aws_cloudfront_public_key: ['encoded_key', 'name'],
  aws_lb_target_group: ['name', 'port', 'protocol', 'target_type', 'vpc_id'],
  aws_secretsmanager_secret: ['name'],
};

export const replacesOn = (type: string, prior: Values | null, planned: Values) =>
  prior === null
    ? []
    : (replacedOn[type] ?? []).filter(
        (name) => isUnknown(planned[name]) || planned[name] !== prior[name],
      );

type Reference = { by: string; ids: (values: Values) => unknown[] };

/** Resources that AWS refuses to delete while another one names them. */
const references: Record<string, Reference> = {
  aws_cloudfront_public_key: {
    by: 'aws_cloudfront_key_group',
    ids: (group) => listOf(group['items']),
  },
  aws_lb_target_group: {
    by: 'aws_lb_listener_rule',
    ids: (rule) => (listOf(rule['action']) as Values[]).map((action) => action['target_group_arn']),
  },
};

/** Remembers which resources exist, as AWS does between two calls of the provider. */
export const createInventory = () => {
  const resources = new Map<string, { type: string; values: Values }>();
  const keyOf = (type: string, values: Values) => `${type} ${String(values['id'])}`;
  return {
    put: (type: string, values: Values) =>
      void resources.set(keyOf(type, values), { type, values }),
    /** Deletes a resource, or returns why AWS refuses to. */
    remove: (type: string, values: Values): string | undefined => {
      const reference = references[type];
      const names = [values['id'], values['arn']].filter(Boolean);
      const user = [...resources.values()].find(
        (other) =>
          other.type === reference?.by &&
          reference.ids(other.values).some((id) => names.includes(id)),
      );
      if (user)
        return `${type} ${String(values['id'])} is in use by ${keyOf(user.type, user.values)}`;
      resources.delete(keyOf(type, values));
      return undefined;
    },
  };
};
