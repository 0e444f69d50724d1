import { EventEmitter } from 'node:events';
import { listenAlong, listenTo } from '../../../lib/adapters/node/listen-to.js';

const nothing = (): void => undefined;

/** An emitter, and who was called by it. */
function emitting() {
  const emitter = new EventEmitter();
  const called: string[] = [];
  const note = (name: string) => (value: unknown) => void called.push(`${name} ${String(value)}`);
  return { emitter, called, note };
}

describe('listenTo', () => {
  it('is called before those who have listened before, until it is undone', () => {
    const { emitter, called, note } = emitting();
    emitter.on('event', note('other'));
    const undo = listenTo(emitter, 'event', note('own'));
    emitter.emit('event', 1);
    undo();
    emitter.emit('event', 2);
    expect(called).toEqual(['own 1', 'other 1', 'other 2']);
  });
});

describe('listenAlong', () => {
  it('does not listen where nobody else does', () => {
    const { emitter } = emitting();
    listenAlong(emitter, 'event', nothing);
    expect(emitter.emit('event')).toBe(false);
  });

  it('is called before those who listen, whether they came before or after it', () => {
    const { emitter, called, note } = emitting();
    emitter.on('early', note('other'));
    for (const event of ['early', 'late']) listenAlong(emitter, event, note('own'));
    emitter.on('late', note('other')).on('late', note('third'));
    emitter.emit('early', 1);
    emitter.emit('late', 2);
    expect(called).toEqual(['own 1', 'other 1', 'own 2', 'other 2', 'third 2']);
  });

  it('stops with the last of the others, and comes back with the next', () => {
    const { emitter, called, note } = emitting();
    const [one, two] = [note('one'), note('two')];
    listenAlong(emitter, 'event', note('own'));
    emitter.on('event', one).on('event', two);
    emitter.off('event', one);
    expect(emitter.listenerCount('event')).toBe(2);
    emitter.off('event', two);
    expect(emitter.listenerCount('event')).toBe(0);
    emitter.once('event', one).emit('event', 1);
    expect([called, emitter.listenerCount('event')]).toEqual([['own 1', 'one 1'], 0]);
  });

  it('leaves nothing behind', () => {
    const { emitter } = emitting();
    const others = (): void => undefined;
    emitter.on('event', others);
    const undo = listenAlong(emitter, 'event', nothing);
    emitter.off('event', others).on('event', others);
    undo();
    expect([emitter.eventNames(), emitter.listeners('event')]).toEqual([['event'], [others]]);
  });
});
