import type { Logger } from './logger.ts';

type Metric = { name: string; unit: 'Milliseconds' | 'Count'; value: number };

/**
 * Writes metrics as log lines in the embedded metric format of CloudWatch, so that no service has
 * to be scraped.
 */
export const emitMetrics = (
  logger: Logger,
  dimensions: Record<string, string>,
  metrics: Metric[],
  fields: Record<string, unknown> = {},
) => {
  logger.info('metric', {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'Taar',
          Dimensions: [Object.keys(dimensions)],
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
    ...fields,
  });
};

/** The response time of one operation or event, by its name and outcome. */
export const emitResponseTime = (
  logger: Logger,
  operation: string,
  startedAt: number,
  status: number,
) => {
  emitMetrics(
    logger,
    { operation },
    [
      {
        name: 'responseTime',
        unit: 'Milliseconds',
        value: Math.round(performance.now() - startedAt),
      },
      { name: 'serverErrors', unit: 'Count', value: status >= 500 ? 1 : 0 },
    ],
    { status },
  );
};
