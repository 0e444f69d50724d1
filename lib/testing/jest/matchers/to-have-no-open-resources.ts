import type { ResourceTracker } from '../../index.js';
import type { MatcherContext, MatcherResult } from '../matcher.types.js';
import { isProbe, probesOf, wrongReceived, type Named } from '../received.js';
import { isOpen, stageOf } from '../scopes.js';

const MATCHER = 'toHaveNoOpenResources';

export function toHaveNoOpenResources(this: MatcherContext, received: unknown): MatcherResult {
  const open = openOf(received);
  if (open === null) {
    throw wrongReceived(this, MATCHER, 'a probe, a list or a record of probes, or a tracker', received);
  }
  const { utils, isNot = false, promise = '' } = this;
  return {
    pass: open.length === 0,
    message: () =>
      [
        utils.matcherHint(MATCHER, undefined, '', { isNot, promise }),
        '',
        `Expected: ${isNot ? 'open resources' : 'no open resources'}`,
        open.length === 0 ? 'Received: none' : `Received: ${String(open.length)} open`,
        ...open.map((line) => line.replace(/^/gm, '  ')),
      ].join('\n'),
  };
}

function openOf(received: unknown): readonly string[] | null {
  if (isTracker(received)) return received.open.map(describeTracked);
  const probes = isProbe(received) ? [{ name: received.name, probe: received }] : probesOf(received);
  return probes?.flatMap(describeProbe) ?? null;
}

function describeTracked({ name, state, age, openedAt }: ResourceTracker['open'][number]): string {
  const line = `${name} (${state}), open for ${String(age)} ms`;
  return openedAt === null ? line : `${line}, opened\n${openedAt.replace(/^/gm, '  ')}`;
}

function describeProbe({ name, probe }: Named): readonly string[] {
  return probe.scopes.flatMap((scope, index) =>
    isOpen(scope) ? [`${name} (${stageOf(scope)}), scope ${String(index + 1)} of ${String(probe.scopes.length)}`] : [],
  );
}

function isTracker(value: unknown): value is ResourceTracker {
  const { open, assertNoLeaks } = (value ?? {}) as Partial<ResourceTracker>;
  return Array.isArray(open) && typeof assertNoLeaks === 'function';
}
