// Run by kit.spec.ts alone: each lifecycle here is drawn wrongly, and has to fail with both drawings.
import { using } from 'rxscope';
import { testResources } from 'rxscope/testing';

it('draws a release too early', () => {
  testResources(({ cold, probe, expectObservable, expectLifecycle }) => {
    const db = probe('db', { acquire: '--(a|)', release: '---|' });
    expectObservable(using(db, () => cold('-x-y|'))).toBe('---x-y---|');
    expectLifecycle(db).toBe('a-^---!-|');
  });
});

it('draws the right times and the wrong exit', () => {
  testResources(({ cold, probe, expectObservable, expectLifecycle }) => {
    const db = probe('db');
    expectObservable(using(db, () => cold('--|'))).toBe('--|');
    expectLifecycle(db).toBe('^-|', 'error');
  });
});

it('leaves a probe open', () => {
  testResources(({ probe, expectObservable }) => {
    expectObservable(probe('db')).toBe('a');
  });
});

it('has a release that fails after its consumer has left', () => {
  testResources(({ cold, probe, expectObservable }) => {
    const db = probe('db', { release: '-#', releaseError: new Error('cannot close') });
    expectObservable(
      using(db, () => cold('-----|')),
      '^--!',
    ).toBe('');
  });
});

it('has a release that fails in the stream', () => {
  testResources(({ cold, probe, expectObservable }) => {
    const db = probe('db', { release: '-#', releaseError: new Error('cannot close') });
    expectObservable(using(db, () => cold('--|'))).toBe('---|');
  });
});

it('expects one release too many', () => {
  testResources(({ cold, probe, expectObservable, flush }) => {
    const db = probe('db');
    expectObservable(using(db, () => cold('--|'))).toBe('--|');
    flush();
    expect(db).toHaveReleased(2);
  });
});

it('meets a promise, though the diagrams agree', () => {
  testResources(({ probe, expectObservable }) => {
    const body = using(probe('db'), async () => Promise.resolve('row'));
    expectObservable(body, '--!').toBe('');
  });
});
