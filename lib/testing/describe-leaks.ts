import type { TrackedResource, UnreleasedResource } from './tracked-resource.types.js';

/** What is left behind. */
interface Leaks {
  readonly open: readonly TrackedResource[];
  readonly unreleased: readonly UnreleasedResource[];
}

/** What to do about each kind. */
type Remedies = Readonly<Record<keyof Leaks, readonly string[]>>;

const NONE: Remedies = { open: [], unreleased: [] };

/** The lines that tell what is left behind; none where nothing is. */
export function describeLeaks({ open, unreleased }: Leaks, remedies = NONE): string[] {
  return [
    ...section(open, ['resource is still open', 'resources are still open'], remedies.open, describeOpen),
    ...section(
      unreleased,
      ['resource was held, and described without a release', 'resources were held, and described without a release'],
      remedies.unreleased,
      describeUnreleased,
    ),
  ];
}

/** Stacks come last: Jest shows the place that the first one names, and takes all that follows for the stack. */
function section<T extends { readonly openedAt: string | null }>(
  list: readonly T[],
  [one, several]: readonly [string, string],
  remedies: readonly string[],
  describe: (item: T) => string,
): string[] {
  if (list.length === 0) return [];
  const lines = list.map((item) => {
    const line = `  ${describe(item)}`;
    return item.openedAt === null ? line : `${line}, opened\n${item.openedAt.replace(/^/gm, '    ')}`;
  });
  return [`${String(list.length)} ${list.length === 1 ? one : several}.`, ...remedies, ...lines];
}

function describeOpen({ name, state, at, age }: TrackedResource): string {
  return `${name} (${state}${at === null ? '' : ` ${at}`}), open for ${String(age)} ms`;
}

function describeUnreleased({ name, scope }: UnreleasedResource): string {
  return name === scope ? name : `${name} (in ${scope})`;
}
