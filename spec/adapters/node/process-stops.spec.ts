import { eventually } from '../../support/eventually.js';
import {
  claimStops,
  failProcess,
  holdingPorts,
  type HeldClaim,
  type StopClaim,
} from '../../../lib/adapters/node/process-stops.js';

const boom = new Error('boom');

describe('who stops when the process is told to', () => {
  let log: string[];
  let claims: HeldClaim[];

  beforeEach(() => {
    log = [];
    claims = [];
  });

  afterEach(async () => {
    for (const claim of claims.reverse()) claim.release();
    expect(counts()).toEqual([0, 0, 0, 0]);
    await eventually('the process is not held any more', () => holdingPorts() === 0);
  });

  function claim(name: string, options: Partial<StopClaim> = {}): HeldClaim {
    const held = claimStops({
      signals: ['SIGTERM', 'SIGINT'],
      uncaught: false,
      echo: 0,
      stop: (cause) => log.push(`${name} stop ${cause.kind === 'signal' ? cause.signal : String(cause.error)}`),
      force: (signal) => log.push(`${name} force ${signal}`),
      note: (error) => log.push(`${name} note ${String(error)}`),
      ...options,
    });
    claims.push(held);
    return held;
  }

  const counts = (): number[] =>
    ['SIGTERM', 'SIGINT', 'uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));

  it('is listened to once, from the first who claims it to the last, and only for what is claimed', () => {
    const one = claim('one');
    expect(counts()).toEqual([1, 1, 0, 0]);
    const two = claim('two', { signals: ['SIGTERM'], uncaught: true });
    expect(counts()).toEqual([1, 1, 1, 1]);
    one.release();
    expect(counts()).toEqual([1, 0, 1, 1]);
    two.release();
    expect(counts()).toEqual([0, 0, 0, 0]);
  });

  it('leaves listeners of others alone', () => {
    const other = (): void => undefined;
    process.on('SIGTERM', other);
    try {
      claim('one').release();
      expect(process.listeners('SIGTERM')).toEqual([other]);
    } finally {
      process.off('SIGTERM', other);
    }
  });

  it('keeps the process alive, once, as long as somebody waits for a signal', async () => {
    const [one, two] = [claim('one'), claim('two')];
    expect(holdingPorts()).toBe(1);
    one.release();
    expect(holdingPorts()).toBe(1);
    two.release();
    await eventually('the port is closed', () => holdingPorts() === 0);
  });

  it('tells the one that came last, and the one around it when that one has gone', () => {
    claim('outer');
    const inner = claim('inner');
    process.emit('SIGTERM');
    expect(log).toEqual(['inner stop SIGTERM']);
    inner.release();
    expect(log).toEqual(['inner stop SIGTERM', 'outer stop SIGTERM']);
  });

  it('does not go on to the next where one goes that was not told', () => {
    claim('outer');
    const middle = claim('middle');
    claim('inner');
    process.emit('SIGTERM');
    middle.release();
    expect(log).toEqual(['inner stop SIGTERM']);
  });

  it('tells one that has come meanwhile before those that are around it', () => {
    claim('outer');
    const inner = claim('inner');
    process.emit('SIGTERM');
    const late = claim('late');
    inner.release();
    late.release();
    expect(log).toEqual(['inner stop SIGTERM', 'late stop SIGTERM', 'outer stop SIGTERM']);
  });

  it('says whether somebody is around', () => {
    const outer = claim('outer');
    const inner = claim('inner');
    expect([outer.isInside(), inner.isInside()]).toEqual([false, true]);
    outer.release();
    expect(inner.isInside()).toBe(false);
  });

  it('tells a signal only to those who have claimed it', () => {
    const other = claim('other', { signals: ['SIGINT'] });
    claim('inner', { signals: ['SIGTERM'] });
    process.emit('SIGINT');
    expect(log).toEqual(['other stop SIGINT']);
    other.release();
    expect(log).toEqual(['other stop SIGINT']);
  });

  it('forces all of them with a second signal, from the inside, and tells those the first who have not been told', () => {
    claim('outer');
    claim('inner');
    process.emit('SIGTERM');
    process.emit('SIGINT');
    expect(log).toEqual(['inner stop SIGTERM', 'inner force SIGINT', 'outer stop SIGTERM', 'outer force SIGINT']);
  });

  it('takes a second signal for an echo of the first as long as that was told', () => {
    claim('one', { echo: 600_000 });
    process.emit('SIGINT');
    process.emit('SIGINT');
    expect(log).toEqual(['one stop SIGINT']);
  });

  it('tells an error that nobody has caught to who wants it, the first as a cause and the others besides', () => {
    claim('outer', { uncaught: true });
    claim('inner');
    process.emit('uncaughtException', boom);
    process.emit('unhandledRejection', 'again', Promise.resolve());
    failProcess('and again');
    expect(log).toEqual(['outer stop Error: boom', 'outer note again', 'outer note and again']);
  });

  it('does not force by errors, and no signal is an echo of one', () => {
    claim('one', { uncaught: true, echo: 600_000 });
    failProcess(boom);
    process.emit('SIGINT');
    expect(log).toEqual(['one stop Error: boom', 'one force SIGINT']);
  });

  it('begins anew when all have gone', () => {
    const one = claim('one');
    process.emit('SIGTERM');
    one.release();
    claim('two');
    expect(log).toEqual(['one stop SIGTERM']);
    process.emit('SIGTERM');
    expect(log).toEqual(['one stop SIGTERM', 'two stop SIGTERM']);
  });

  it('is released once', () => {
    claim('outer');
    const inner = claim('inner');
    inner.release();
    process.emit('SIGTERM');
    inner.release();
    expect(log).toEqual(['outer stop SIGTERM']);
    expect(counts()).toEqual([1, 1, 0, 0]);
  });
});
