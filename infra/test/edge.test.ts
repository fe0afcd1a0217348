import { describe, expect, test } from '@jest/globals';
import { eachPlatform, ofType, platforms } from './state.ts';

type Transformation = { priority: number; type: string };
type Rule = {
  name: string;
  action: { block?: { custom_response?: { response_code: number }[] }[] }[];
  statement: {
    rate_based_statement?: {
      limit: number;
      scope_down_statement: {
        byte_match_statement: {
          positional_constraint: string;
          search_string: string;
          text_transformation: Transformation[];
        }[];
      }[];
    }[];
    managed_rule_group_statement?: {
      rule_action_override: { name: string; action_to_use: { count?: unknown[] }[] }[];
    }[];
  }[];
};
type CorsRule = { allowed_methods: string[]; allowed_origins: string[]; allowed_headers: string[] };

/** The changes that the firewall makes to a path before it compares. */
const transform: Record<string, (path: string) => string> = {
  URL_DECODE: decodeURIComponent,
  NORMALIZE_PATH: (path) => new URL(path, 'http://x').pathname.replace(/\/{2,}/g, '/'),
  LOWERCASE: (path) => path.toLowerCase(),
};

const matches = (pattern: string, value: string) =>
  new RegExp(`^${pattern.replaceAll('*', '.*')}$`, 'i').test(value);

(platforms.length > 0 ? describe : describe.skip).each(eachPlatform)(
  'in %s',
  (_name, resources) => {
    const [firewall] = ofType(resources, 'aws_wafv2_web_acl') as {
      rule?: Rule[];
      custom_response_body?: { content: string }[];
    }[];
    const rule = (name: string) => firewall!.rule!.find((candidate) => candidate.name === name)!;

    test.each(['/auth/send-otp', '/auth/send-otp/', '/Auth/Send-OTP', '/auth//send%2Dotp'])(
      'the firewall counts %s as a request for a code',
      (path) => {
        const [rate] = rule('send-otp-rate').statement[0]!.rate_based_statement!;
        const [match] = rate!.scope_down_statement[0]!.byte_match_statement;
        const seen = match!.text_transformation
          .toSorted((left, right) => left.priority - right.priority)
          .reduce((text, { type }) => transform[type]!(text), path);
        expect(match!.positional_constraint).toBe('STARTS_WITH');
        expect(seen.startsWith(match!.search_string)).toBe(true);
        expect(rate!.limit).toBeGreaterThanOrEqual(1000);
      },
    );

    test('the firewall answers at its limit with the problem that clients know', () => {
      const [response] = rule('send-otp-rate').action[0]!.block![0]!.custom_response!;
      expect(response!.response_code).toBe(429);
      expect(JSON.parse(firewall!.custom_response_body![0]!.content)).toMatchObject({
        code: 'rate_limited',
        status: 429,
        retryable: true,
        retryAfterMs: 300_000,
      });
    });

    test('the firewall only counts rules that read the text of messages', () => {
      const [group] = rule('known-bad-inputs').statement[0]!.managed_rule_group_statement!;
      for (const { name, action_to_use: action } of group!.rule_action_override) {
        expect(name).toMatch(/_BODY$/);
        expect(action[0]!.count).toHaveLength(1);
      }
      expect(group!.rule_action_override.map(({ name }) => name)).toContain('Log4JRCE_BODY');
    });

    test.each([
      ['PUT', ['content-type', 'content-disposition', 'cache-control', 'if-none-match']],
      ['PUT', ['content-md5', 'x-amz-checksum-sha256']],
      ['GET', []],
    ])('a browser may send a %s to the bucket with the headers %j', (method, headers) => {
      const [cors] = ofType(resources, 'aws_s3_bucket_cors_configuration');
      const [allowed] = cors!['cors_rule'] as CorsRule[];
      expect(allowed!.allowed_methods).toContain(method);
      for (const header of headers)
        expect(allowed!.allowed_headers.some((pattern) => matches(pattern, header))).toBe(true);
    });

    test('a browser may read media from CloudFront, which answers preflights too', () => {
      const [policy] = ofType(resources, 'aws_cloudfront_response_headers_policy');
      expect(policy!['cors_config']).toMatchObject([
        { access_control_allow_methods: [{ items: expect.arrayContaining(['GET', 'OPTIONS']) }] },
      ]);
      const [distribution] = ofType(resources, 'aws_cloudfront_distribution');
      expect(distribution!['default_cache_behavior']).toMatchObject([
        {
          allowed_methods: expect.arrayContaining(['GET', 'HEAD', 'OPTIONS']),
          origin_request_policy_id: expect.any(String),
          response_headers_policy_id: policy!['id'],
        },
      ]);
    });
  },
);
