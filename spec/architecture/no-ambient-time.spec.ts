import { findAmbientTime } from '../support/ambient-time.js';
import { readSources } from '../support/sources.js';

describe('lib', () => {
  // The testing kit has a door of its own, to the time that a test cannot fake.
  const doors = ['internal/clock.ts', 'testing/real-time.ts'];

  it(`reaches for time only in ${doors.join(' and ')}`, () => {
    const sources = [...readSources('lib')].filter(([file]) => !doors.includes(file));
    expect(sources.flatMap(([file, text]) => findAmbientTime(text).map((place) => `${file}:${place}`))).toEqual([]);
  });
});

describe('findAmbientTime', () => {
  it.each([
    ['setTimeout(f, 1)', 'setTimeout'],
    ['const later = queueMicrotask;', 'queueMicrotask'],
    ['Date.now()', 'Date'],
    ['new Date()', 'Date'],
    ['globalThis.setInterval(f, 1)', 'setInterval'],
    ['performance.now()', 'performance'],
    ['const options = { Date };', 'Date'],
    ['const { setTimeout } = globalThis;', 'setTimeout'],
  ])('catches: %s', (source, name) => {
    expect(findAmbientTime(source)).toEqual([`1: ${name}`]);
  });

  it.each([
    'scheduler.setTimeout(f, 1)',
    'const options = { setTimeout: f };',
    'interface Provider { setTimeout(f: () => void): void; Date: number }',
    'function due(at: number | Date) { return at instanceof Date ? at.getTime() : at; }',
    'type Timer = ReturnType<typeof setTimeout>;',
    '// setTimeout is not used here',
  ])('accepts: %s', (source) => {
    expect(findAmbientTime(source)).toEqual([]);
  });
});
