import type { Exit } from '../../../lib/index.js';
import type { Member } from './build.js';
import { Failure, failuresIn, renderError } from './failure.js';
import { renderHappening, type Happening } from './recorder.js';

/** Everything a run is judged by. */
export interface Evidence {
  readonly happenings: readonly Happening[];
  readonly unhandled: readonly unknown[];
  readonly members: ReadonlyMap<string, Member>;
  /** Whether an error that a scope ended with may have been held back by something that was not told of it. */
  readonly holding: boolean;
  /** Whether nothing in the tree leaves anything else: then the consumer alone can. */
  readonly calm: boolean;
  /** Whether `awaitRelease()` stands between the tree and its consumer. */
  readonly awaiting: boolean;
}

/** One acquisition, with the places of what happened to it; -1 for what did not happen. */
interface Life {
  readonly who: string;
  readonly member: Member;
  readonly acquire: number;
  readonly acquired: number;
  /** Acquired, refused, aborted or dropped. */
  readonly entered: number;
  readonly release: number;
  readonly gone: number;
}

/** What the laws that hold for any tree say about a run. Answers what is broken, as `law: what`; empty is good. */
export function faults(evidence: Evidence): string[] {
  const lives = livesIn(evidence);
  return [
    ...onceEach(evidence, lives),
    ...endedBodies(evidence),
    ...heldBackEnds(evidence, lives),
    ...orderOfReleases(evidence, lives),
    ...truthfulExits(evidence),
    ...promptReleases(evidence, lives),
    ...silenceAfterLeaving(evidence),
    ...accounts(evidence),
  ];
}

function livesIn({ happenings, members }: Evidence): Life[] {
  const place = (who: string, ...kinds: Happening['kind'][]): number =>
    happenings.findIndex((one) => one.who === who && kinds.includes(one.kind));
  return [...members].flatMap(([who, member]) => {
    const acquired = place(who, 'acquired');
    const acquire = place(who, 'acquire');
    if (acquire < 0 && acquired < 0) return [];
    return [
      {
        who,
        member,
        acquire: acquire < 0 ? acquired : acquire,
        acquired,
        entered: place(who, 'acquired', 'refused', 'aborted', 'dropped'),
        release: place(who, 'release'),
        gone: place(who, 'released', 'failed'),
      },
    ];
  });
}

/** Law 1. */
function onceEach({ happenings }: Evidence, lives: readonly Life[]): string[] {
  const count = (who: string, ...kinds: Happening['kind'][]): number =>
    happenings.filter((one) => one.who === who && kinds.includes(one.kind)).length;
  return lives.flatMap(({ who, acquired, release, gone }) => {
    const expected = acquired < 0 ? 0 : 1;
    const released = count(who, 'release');
    const finished = count(who, 'released', 'failed');
    if (released !== expected) return [`law 1: ${who} was released ${String(released)} times`];
    if (finished !== expected) return [`law 1: ${who} finished its release ${String(finished)} times`];
    return acquired <= release && release <= gone ? [] : [`law 1: ${who} was released before it was acquired`];
  });
}

/** Law 2, for scopes that are watched. */
function endedBodies({ happenings, members }: Evidence): string[] {
  const begun = new Set<string>();
  const started = new Set<string>();
  const running = new Set<string>();
  const broken: string[] = [];
  for (const { kind, who } of happenings) {
    if (kind === 'begin') {
      begun.add(who);
      running.add(who);
    }
    if (kind === 'gone') running.delete(who);
    if (kind === 'release') {
      const scope = members.get(who)?.scope ?? '';
      if (begun.has(scope)) started.add(scope); // what is released before is a part that failed to enter
      if (running.has(scope)) broken.push(`law 2: ${who} was released while the body of ${scope} was not torn down`);
    }
    if (kind === 'value' && started.has(who)) broken.push(`law 2: the body of ${who} emitted after its release began`);
  }
  return broken;
}

/** Laws 3 and 16: nothing is told that something goes on behind. */
function heldBackEnds({ happenings, awaiting }: Evidence, lives: readonly Life[]): string[] {
  return happenings.flatMap(({ kind, who }, place) => {
    const open = (of: (life: Life) => boolean): string[] =>
      lives.filter((life) => of(life) && life.acquire < place && overAt(life) > place).map((life) => life.who);
    if (kind === 'over')
      return open(({ member }) => member.scope === who).map((one) => `law 3: ${who} ended before ${one}`);
    if ((kind !== 'complete' && kind !== 'error') || !awaiting) return [];
    return open(() => true).map((one) => `law 16: the end came before ${one} was released`);
  });
}

function overAt({ acquired, entered, gone }: Life): number {
  const over = acquired < 0 ? entered : gone;
  return over < 0 ? Infinity : over;
}

/** Law 4. */
function orderOfReleases({ happenings }: Evidence, lives: readonly Life[]): string[] {
  const broken: string[] = [];
  const begun = new Set(happenings.filter(({ kind }) => kind === 'begin').map(({ who }) => who));
  for (const outer of lives) {
    for (const inner of lives) {
      if (outer === inner || outer.release < 0) continue;
      const order = inside(inner, outer) ? 'after' : besideOf(inner.member, outer.member, begun);
      if (order === 'after' && inner.acquire < outer.release && overAt(inner) > outer.release) {
        broken.push(`law 4: ${outer.who} was released before ${inner.who} was over`);
      }
      if (order === 'apart' && inner.release < outer.release && inner.release >= 0 && inner.gone > outer.release) {
        broken.push(`law 4: ${outer.who} was released while ${inner.who} was being released`);
      }
      if (order === 'starts' && inner.release > outer.release) {
        broken.push(`law 4: the release of ${outer.who} began before that of ${inner.who}`);
      }
    }
  }
  return broken;
}

/** Paths grow inwards: what begins with the path of a scope is in it. */
function inside(inner: Life, outer: Life): boolean {
  return inner.member.scope !== outer.member.scope && inner.member.scope.startsWith(outer.member.scope);
}

/**
 * Of two members of one scope: whether the first is to be over, or its release begun, before the second's begins. Of
 * those that enter side by side either may be the last: they are only kept apart, and not even that where they are
 * composed and had not been entered.
 */
function besideOf(one: Member, other: Member, begun: ReadonlySet<string>): 'after' | 'apart' | 'starts' | 'free' {
  if (one.scope !== other.scope) return 'free';
  const fork = one.position.findIndex(({ index }, depth) => index !== other.position[depth]?.index);
  const mine = one.position[fork];
  const theirs = other.position[fork];
  if (mine === undefined || theirs === undefined) return 'free';
  const areDirect = fork === one.position.length - 1 && fork === other.position.length - 1;
  if (mine.kind === 'concurrent') return areDirect || begun.has(one.scope) ? 'apart' : 'free';
  if (mine.index < theirs.index) return 'free';
  if (mine.kind !== 'together') return 'after';
  return areDirect ? 'starts' : 'free';
}

/** Laws 7, 8 and 10: what a release is told has happened, and happened inside of its scope. */
function truthfulExits({ happenings, members }: Evidence): string[] {
  const raised = new Map<Failure, string>();
  const begun = new Set<string>();
  const ended = new Map<string, Exit['kind']>();
  const lenient = new Set<string>();
  const broken: string[] = [];
  for (const one of happenings) {
    const failure = raisedBy(one);
    if (failure !== null) raised.set(failure, one.who);
    if (one.kind === 'begin') begun.add(one.who);
    if (one.kind === 'ended' && one.exit !== null) ended.set(one.who, one.exit.kind);
    const member = members.get(one.who);
    if (one.kind !== 'release' || one.exit === null || member === undefined) continue;
    const { scope, suppresses } = member;
    const { kind } = one.exit;
    const body = begun.has(scope) ? (ended.get(scope) ?? 'unsubscribe') : null;
    const wrong =
      (kind === 'unsubscribe' && body !== null && body !== 'unsubscribe') ||
      (kind === 'complete' && body === 'unsubscribe') ||
      (kind === 'complete' && body === 'error' && !lenient.has(scope));
    if (wrong) broken.push(`law 7: ${one.who} was told ${kind}, though the body ended with ${body}`);
    if (one.exit.kind === 'error' && renderError(one.exit.error).includes('UnsubscribedError')) {
      broken.push(`law 12: ${one.who} was told of the unsubscribing as an error`);
    }
    for (const told of kind === 'error' ? failuresIn(one.exit.error) : []) {
      const source = raised.get(told);
      if (source === undefined) broken.push(`law 7: ${one.who} was told ${told.label}, which nobody raised`);
      else if (!source.startsWith(scope)) broken.push(`law 10: ${one.who} was told ${told.label} from outside`);
    }
    if (suppresses) lenient.add(scope);
  }
  return broken;
}

/** Law 12: when the consumer leaves, whatever has nothing inside of it is being released in the same frame. */
function promptReleases({ happenings }: Evidence, lives: readonly Life[]): string[] {
  const left = happenings.findIndex(({ kind }) => kind === 'unsubscribe');
  const frame = happenings[left]?.at;
  if (frame === undefined) return [];
  const alive = lives.filter((life) => life.acquire < left && overAt(life) > left);
  const begun = new Set(happenings.filter(({ kind }) => kind === 'begin').map(({ who }) => who));
  const building = new Set<string>();
  for (const { kind, who } of happenings.slice(0, left)) {
    if (kind === 'building') building.add(who);
    if (kind === 'built') building.delete(who);
  }
  // What a scope holds waits for the end of the code that builds a part of it, or of a scope inside of it.
  const isBuilding = ({ scope }: Member): boolean => [...building].some((path) => path.startsWith(scope));
  const isEntering = ({ entered }: Life): boolean => entered < 0 || entered > left;
  const isSideBySide = ({ member }: Life): boolean => member.position.some(({ kind }) => kind === 'concurrent');
  const isLeaving = ({ release }: Life): boolean => release >= 0 && release < left;
  const isInnermost = (life: Life): boolean =>
    !isBuilding(life.member) &&
    !alive.some(
      (other) =>
        inside(other, life) ||
        ['after', 'apart'].includes(besideOf(other.member, life.member, begun)) ||
        (other.member.scope === life.member.scope && (isSideBySide(other) || isEntering(other) || isLeaving(other))),
    );
  return alive
    .filter((life) => isInnermost(life) && life.release > left && happenings[life.release]?.at !== frame)
    .map(({ who }) => `law 12: ${who} was not released in frame ${String(frame)}`);
}

function silenceAfterLeaving({ happenings }: Evidence): string[] {
  let over: string | null = null;
  const broken: string[] = [];
  for (const one of happenings) {
    const told = one.kind === 'next' || one.kind === 'complete' || one.kind === 'error';
    if (told && over !== null) broken.push(`law 14: ${renderHappening(one)} came after ${over}`);
    if (one.kind === 'complete' || one.kind === 'error' || one.kind === 'unsubscribe') over ??= one.kind;
  }
  return broken;
}

/**
 * Laws 9, 12, 13 and 14: each failure is told once, to the consumer or as an unhandled error, but for what somebody
 * caught or suppressed. Where something was left, the error it had ended with meanwhile is dropped.
 */
function accounts(evidence: Evidence): string[] {
  const { happenings, unhandled, calm } = evidence;
  const ends = happenings.filter(({ kind }) => kind === 'error').map(({ error }) => error);
  const told = [...ends, ...unhandled].flatMap((error) => [...new Set(failuresIn(error))]);
  const absorbed = absorbedIn(evidence);
  const shown = new Set(happenings.flatMap(({ exit }) => (exit?.kind === 'error' ? failuresIn(exit.error) : [])));
  const leaving = !calm || happenings.some(({ kind }) => kind === 'unsubscribe');
  const broken: string[] = [];
  for (const one of happenings) {
    const failure = raisedBy(one);
    if (failure === null) continue;
    const times = told.filter((other) => other === failure).length;
    if (times > 1) broken.push(`law 12: ${failure.label} was told ${String(times)} times`);
    const dropped = leaving && (one.kind !== 'failed' || shown.has(failure) || evidence.holding);
    if (times === 0 && !absorbed.has(failure) && !dropped) broken.push(`law 12: ${failure.label} was told nobody`);
  }
  return broken;
}

function absorbedIn({ happenings, members }: Evidence): ReadonlySet<Failure> {
  const absorbed = new Set<Failure>();
  const told = new Map<string, unknown>();
  for (const { kind, who, exit, error } of happenings) {
    if (kind === 'caught') for (const failure of failuresIn(error)) absorbed.add(failure);
    if (kind === 'release' && exit?.kind === 'error') told.set(who, exit.error);
    if (kind === 'released' && members.get(who)?.suppresses === true) {
      for (const failure of failuresIn(told.get(who))) absorbed.add(failure);
    }
  }
  return absorbed;
}

/** The failure that came into the world with this; an error that is passed on is none. */
function raisedBy({ kind, who, error }: Happening): Failure | null {
  if (kind !== 'refused' && kind !== 'failed' && kind !== 'raised') return null;
  return error instanceof Failure && error.label.endsWith(`:${who}`) ? error : null;
}
