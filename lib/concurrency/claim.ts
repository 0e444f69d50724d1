import type { Scope } from '../core/engine/scope.js';

/** Something of which a claim is: known by identity. */
export type ClaimSource = object;

/** When something of a scope began; with -1 when that was opened, which may be just now. */
export function startOf(since: number, scope: Scope | null, now: number): number {
  if (since !== -1) return since;
  const opened = scope?.since ?? -1;
  return opened === -1 ? now : opened;
}

/** What one holder holds: the token of its scope, and a link of the list of holders. */
export class Claim {
  /** When it was given; -1 where that was when its scope was opened. */
  since = -1;
  earlier: Claim | null = null;
  later: Claim | null = null;

  constructor(
    readonly source: ClaimSource,
    /** Null where it is held by a promise. */
    readonly scope: Scope | null,
    public count: number,
  ) {}

  /** When it was given. */
  startedAt(now: number): number {
    return startOf(this.since, this.scope, now);
  }
}

/** The claims that are out, earliest first. Adding and removing take constant time and no memory. */
export class Claims<C extends Claim = Claim> {
  size = 0;
  earliest: C | null = null;
  private latest: C | null = null;

  add(claim: C): void {
    claim.earlier = this.latest;
    if (this.latest === null) this.earliest = claim;
    else this.latest.later = claim;
    this.latest = claim;
    this.size++;
  }

  remove(claim: C): void {
    const { earlier, later } = claim;
    if (earlier === null) this.earliest = later as C | null;
    else earlier.later = later;
    if (later === null) this.latest = earlier as C | null;
    else later.earlier = earlier;
    claim.earlier = claim.later = null;
    this.size--;
  }

  all(): C[] {
    const all: C[] = [];
    for (let claim = this.earliest; claim !== null; claim = claim.later as C | null) all.push(claim);
    return all;
  }
}
