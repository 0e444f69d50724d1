import { Subject, takeUntil } from 'rxjs';
import { using, type Resource } from '../../lib/index.js';
import { describeError } from './journal.js';

export type Presence = 'waiting' | 'inside' | 'gone' | 'left' | 'failed';

/** One who enters a resource, and stays inside until told to go. */
export class Visitor<T = unknown> {
  state: Presence = 'waiting';
  /** What it was given. */
  handle: T | undefined;
  /** What it failed with. */
  error: unknown;
  private readonly body = new Subject<never>();
  private readonly leaving = new Subject<void>();

  /** `inside` is called when it has been let in, before its body is subscribed. */
  constructor(
    readonly name: string,
    source: Resource<T>,
    private readonly tell: (line: string) => void,
    inside: (self: Visitor<T>) => void,
  ) {
    const scope = using(source, (handle) => {
      this.handle = handle;
      this.state = 'inside';
      this.tell(`${name} in`);
      inside(this);
      return this.body;
    });
    scope.pipe(takeUntil(this.leaving)).subscribe({
      error: (error: unknown) => {
        this.error = error;
        this.over('failed', `error ${describeError(error)}`);
      },
      complete: () => {
        if (this.state !== 'left') this.over('gone', 'out');
      },
    });
  }

  /** Its work is done. */
  done(): void {
    this.body.complete();
  }

  /** Its work fails. */
  fail(error: unknown): void {
    this.body.error(error);
  }

  /** Leaves, from the line or from inside, as `unsubscribe` does; also inside the subscribe that lets it in. */
  leave(): void {
    if (this.state === 'waiting' || this.state === 'inside') this.state = 'left';
    this.leaving.next();
  }

  private over(state: Presence, line: string): void {
    this.state = state;
    this.tell(`${this.name} ${line}`);
  }
}

/** Those who come to something that lets in some and has the others wait. */
export class Visitors {
  readonly all: Visitor[] = [];
  readonly lines: string[] = [];

  /** Enters `source`. Named by numbers where there is no name. */
  come<T>(
    source: Resource<T>,
    name = String(this.all.length + 1),
    inside: (self: Visitor<T>) => void = () => undefined,
  ): Visitor<T> {
    const visitor = new Visitor(name, source, (line) => this.lines.push(line), inside);
    this.all.push(visitor);
    return visitor;
  }

  /** So many of them. */
  crowd<T>(count: number, source: Resource<T>): Visitor<T>[] {
    return Array.from({ length: count }, () => this.come(source));
  }

  /** Names of those in a certain state, in order of arrival. */
  are(state: Presence): string[] {
    return this.all.filter((visitor) => visitor.state === state).map(({ name }) => name);
  }

  /** Names in the order in which they were let in. */
  get order(): string[] {
    return this.lines.filter((line) => line.endsWith(' in')).map((line) => line.slice(0, -3));
  }

  /** What has happened since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }

  /** Sends everybody home: those inside are done, those who wait are done when it is their turn. */
  empty(): void {
    for (let round = 0; this.are('inside').length > 0; round++) {
      if (round > this.all.length) throw new Error(`${String(this.are('inside').length)} are still inside`);
      for (const visitor of this.all) if (visitor.state === 'inside') visitor.done();
    }
    if (this.are('waiting').length > 0) throw new Error(`${this.are('waiting').join()} wait for ever`);
  }
}
