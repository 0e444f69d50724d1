import type { MatcherContext, MatcherResult } from '../matcher.types.js';
import { probesOf, wrongExpected, wrongReceived, type Named } from '../received.js';
import { stageOf } from '../scopes.js';

const MATCHER = 'toReleaseInOrder';

interface Release {
  readonly name: string;
  readonly stage: string;
  readonly frame: number;
  readonly order: number;
}

export function toReleaseInOrder(this: MatcherContext, received: unknown, names: readonly string[]): MatcherResult {
  const probes = probesOf(received);
  if (probes === null) throw wrongReceived(this, MATCHER, 'a list or a record of probes', received);
  if (!Array.isArray(names)) throw wrongExpected(this, MATCHER, 'a list of names', names);
  const { utils, isNot = false, promise = '' } = this;
  const releases = releasesOf(probes);
  const actual = releases.map(({ name }) => name);
  return {
    pass: this.equals(actual, names),
    message: () =>
      [
        utils.matcherHint(MATCHER, 'probes', 'names', { isNot, promise }),
        '',
        `Expected order: ${isNot ? 'not ' : ''}${utils.printExpected(names)}`,
        ...(isNot ? [] : [`Received order: ${utils.printReceived(actual)}`]),
        '',
        'Releases:',
        ...(releases.length === 0 ? ['  none'] : []),
        ...releases.map(({ name, stage, frame }) => `  ${name}: ${stage} at ${String(frame)}`),
      ].join('\n'),
  };
}

function releasesOf(probes: readonly Named[]): readonly Release[] {
  return probes
    .flatMap(({ name, probe }) =>
      probe.scopes.flatMap((scope) => {
        const stage = stageOf(scope);
        const end = scope.events.at(-1);
        const isOver = stage === 'released' || stage === 'release failed';
        return isOver && end !== undefined ? [{ name, stage, frame: end.frame, order: end.order }] : [];
      }),
    )
    .sort((a, b) => a.order - b.order);
}
