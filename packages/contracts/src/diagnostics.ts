import { operation } from './operation.ts';
import { list, named, nullable, object, oneOf, text, uuid } from './schema.ts';

const hop = () => oneOf('queued', 'accepted_by_fcm', 'device_ack');

/** How far one push came on its way to one device. */
export const pushReport = named(
  'PushReport',
  object({
    pushId: uuid(),
    hops: list(
      object({
        hop: hop(),
        state: oneOf('passed', 'waiting', 'failed', 'not_reached'),
        /** The reason for the failure or the wait. */
        error: nullable(text(255)),
      }),
    ),
    /** The first hop that the push has not passed; null when the device has it. */
    stuckAt: nullable(hop()),
  }),
);

const onePush = object({ pushId: uuid() });

export const diagnosticsRest = {
  probePush: operation({
    method: 'post',
    path: '/users/me/diagnostics/push',
    summary:
      'Send a test push to this device and report how far it came; waits some seconds for it',
    auth: 'user',
    limit: 'probePush',
    input: object({}),
    output: pushReport,
  }),
  getProbe: operation({
    method: 'get',
    path: '/users/me/diagnostics/push/:pushId',
    summary: 'Get how far a test push to this device has come',
    auth: 'user',
    limit: 'read',
    input: onePush,
    output: pushReport,
    errors: ['gone'],
  }),
  ackPush: operation({
    method: 'post',
    path: '/users/me/diagnostics/push/:pushId/ack',
    summary: 'Confirm that this device received the push with this `pushId`',
    auth: 'user',
    limit: 'receipts',
    input: onePush,
    output: null,
    errors: ['gone'],
  }),
};
