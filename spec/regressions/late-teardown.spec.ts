import { finalize, lastValueFrom, of, throwError, type Observable } from 'rxjs';
import { awaitRelease, lastValue, resource, using } from '../../lib/index.js';
import { rejection } from '../support/rejection.js';

/** A teardown that comes to be only when its body has ended, inside the body's own subscribe, and throws. */
describe('a late teardown that throws', () => {
  const late = new Error('late');
  const boom = new Error('boom');
  const failingLate = (source: Observable<number>): Observable<number> =>
    source.pipe(
      finalize(() => {
        throw late;
      }),
    );
  const door = resource({ acquire: () => 'door' });

  it('is the error of a scope whose body has completed (law 9)', async () => {
    expect(await rejection(lastValue(using(door, () => failingLate(of(1)))))).toBe(late);
  });

  it('is joined with the error of the body', async () => {
    const failure = await rejection(lastValue(using(door, () => failingLate(throwError(() => boom)))));
    expect(failure).toMatchObject({ name: 'SuppressedError', error: late, suppressed: boom });
  });

  it('is the error of what awaitRelease() waits for', async () => {
    expect(await rejection(lastValueFrom(failingLate(of(1)).pipe(awaitRelease()), { defaultValue: 0 }))).toBe(late);
  });
});
