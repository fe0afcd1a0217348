import { describe, expect, test } from '@jest/globals';
import { eachPlatform, ofType, platforms } from './state.ts';

type Rule = {
  priority: number;
  condition: { path_pattern: { values: string[] }[] }[];
  action: { target_group_arn: string }[];
};

const toExpression = (pattern: string) => {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
};

const pathsOf = ({ condition }: Rule) =>
  condition.flatMap(({ path_pattern }) => path_pattern.flatMap(({ values }) => values));

(platforms.length > 0 ? describe : describe.skip).each(eachPlatform)(
  'in %s',
  (_name, resources) => {
    const rules = (ofType(resources, 'aws_lb_listener_rule') as unknown as Rule[]).toSorted(
      (left, right) => left.priority - right.priority,
    );

    test.each([
      ['/socket.io/?EIO=4&transport=websocket', 'chat'],
      ['/auth/login', 'auth'],
      ['/auth/.well-known/jwks.json', 'auth'],
      ['/chats', 'chat'],
      ['/chats/1/messages?limit=5', 'chat'],
      ['/users/me', 'user'],
      ['/media/x', 'media'],
      ['/status', 'status'],
      ['/AUTH/login', undefined],
      ['/', undefined],
      ['/socket.iox', undefined],
    ])('the load balancer sends %s to %s', (url, service) => {
      const { pathname } = new URL(url, 'http://x');
      const rule = rules.find((candidate) =>
        pathsOf(candidate).some((pattern) => toExpression(pattern).test(pathname)),
      );
      const group = rule?.action[0]!.target_group_arn;
      expect(/taar-\w+-(\w+)-blue/.exec(group ?? '')?.[1]).toBe(service);
    });

    test('no rule exceeds what a load balancer accepts', () => {
      expect(new Set(rules.map(({ priority }) => priority)).size).toBe(rules.length);
      for (const paths of rules.map(pathsOf)) {
        expect(paths.length).toBeLessThanOrEqual(3);
        expect(paths.join('').replace(/[^*?]/g, '').length).toBeLessThanOrEqual(5);
        for (const path of paths) expect(path).toMatch(/^[A-Za-z0-9_\-.$/~"'@:+;&*?]{1,128}$/);
      }
    });

    test('the load balancer drops headers that are not valid', () => {
      for (const values of ofType(resources, 'aws_lb'))
        expect(values['drop_invalid_header_fields']).toBe(true);
    });
  },
);
