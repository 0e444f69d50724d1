import { isObservable, type Observable, type ObservableInput } from 'rxjs';

import { lastValue, using, type Awaitable, type Exit, type Resource } from '../../core/index.js';
import type { LawNumber } from './laws.js';
import type { Trial } from './trial.js';
import { Visit } from './visit.js';

/** What {@link checkResourceContract} is told about a resource. The more of it, the more is checked. */
export interface ResourceSubject<T> {
  readonly resource: Resource<T>;
  /** Whether what the handle stands for is held: a socket that is connected, a file that can be read. */
  isOpen?(this: void, handle: T): Awaitable<boolean>;
  /** How often it has been acquired so far. Looked at together with `closed`. */
  opened?(this: void): number;
  /** How often it has been released so far, to the end. */
  closed?(this: void): number;
  /** What its releases have been told so far, in order. */
  exits?(this: void): readonly Exit[];
}

/** What was seen at one moment. */
export interface Moment {
  readonly opened: number;
  readonly closed: number;
  readonly isOpen: readonly (() => Promise<boolean>)[];
}

/** A resource under test, and the handles that it has given. */
export class HeldView<T> {
  readonly handles: T[] = [];

  constructor(
    readonly trial: Trial,
    readonly subject: ResourceSubject<T>,
  ) {}

  /** A scope that keeps its handle in mind. */
  scope<R>(body: (handle: T) => ObservableInput<R>): Observable<R> {
    return using(this.subject.resource, (handle) => {
      this.handles.push(handle);
      return body(handle);
    });
  }

  visit<R>(body: (handle: T) => ObservableInput<R>, ended?: (end: Exit) => void): Visit<R> {
    return new Visit<R>(this.trial, ended).subscribe(this.scope(body));
  }

  /** Waits until so many have been entered. */
  entered(count: number): Promise<void> {
    return this.trial.until(
      5,
      () => this.handles.length >= count,
      `${count} entered`,
      () => `${this.handles.length} entered`,
    );
  }

  /** Asks at once, and keeps the answers, which may take their time. */
  moment(): Moment {
    const { isOpen, opened, closed } = this.subject;
    return {
      opened: closed === undefined ? 0 : (opened?.() ?? 0),
      closed: opened === undefined ? 0 : (closed?.() ?? 0),
      isOpen: isOpen === undefined ? [] : this.handles.map((handle) => later(isOpen(handle))),
    };
  }

  /** `opened` of the subject, or null where it does not count. */
  get opened(): number | null {
    return this.subject.opened?.() ?? null;
  }

  assertOpened(law: LawNumber, count: number, when: string): void {
    const opened = this.opened ?? count;
    this.trial.check(law, opened === count, `acquired ${times(count)} ${when}`, `acquired ${times(opened)}`);
  }

  async assertHeld(index: number, law: LawNumber, when: string): Promise<void> {
    const { [index]: isOpen } = this.moment().isOpen;
    if (isOpen === undefined) return;
    this.trial.check(law, await isOpen(), `handle ${index + 1} open ${when}`, 'it is closed');
  }

  /** Waits until everything has gone: what is seen at that moment, before anything else can happen. */
  async rest(): Promise<Moment> {
    const moments: Moment[] = [];
    await this.trial.rest(() => moments.push(this.moment()));
    return moments[0] ?? this.moment();
  }

  async assertReleased(law: LawNumber, when: string, moment = this.moment()): Promise<void> {
    const { opened, closed } = moment;
    const counts = `acquired ${times(opened)}, released ${times(closed)}`;
    this.trial.check(law, opened === closed, `everything released once ${when}`, counts);
    const states = await Promise.all(moment.isOpen.map((isOpen) => isOpen()));
    const index = states.indexOf(true);
    const actual = `handle ${index + 1} of ${states.length} is open`;
    this.trial.check(law, index < 0, `everything closed ${when}`, actual);
  }
}

// What it rejects with is told where it is waited for, and is not unhandled until then.
function later(answer: Awaitable<boolean>): () => Promise<boolean> {
  const promise = isObservable(answer) ? lastValue(answer) : Promise.resolve(answer);
  promise.catch(() => undefined);
  return () => promise;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
