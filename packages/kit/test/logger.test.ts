import { describe, expect, test } from '@jest/globals';
import { redact } from '../src/logger.ts';
import { emitMetrics } from '../src/metrics.ts';

describe('logs', () => {
  test('contain no secret, and accept values of any form', () => {
    const circular: Record<string, unknown> = { id: 7n };
    circular['self'] = circular;
    const line = JSON.stringify(
      redact({
        authorization: 'Bearer x',
        nested: { refreshToken: 'x', phoneNumber: '+919876543210', content: 'hello' },
        note: 'sent code 123456 to +919876543210 with eyJhbGciOi.eyJzdWIi.c2ln',
        error: new Error('for +919876543210'),
        circular,
      }),
    );
    expect(line).not.toMatch(/919876543210|123456|eyJ|hello|Bearer x/);
  });

  test('keep the metric names by which CloudWatch finds the numbers', () => {
    const lines: unknown[] = [];
    const info = (_message: string, fields: unknown) => lines.push(redact(fields));
    const logger = { info, debug: info, warn: info, error: info };
    emitMetrics(logger, { service: 'chat' }, [{ name: 'sockets', unit: 'Count', value: 3 }]);
    expect(lines).toMatchObject([
      {
        _aws: {
          CloudWatchMetrics: [{ Dimensions: [['service']], Metrics: [{ Name: 'sockets' }] }],
        },
        service: 'chat',
        sockets: 3,
      },
    ]);
  });
});
