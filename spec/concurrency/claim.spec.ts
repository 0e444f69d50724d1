import { Claim, Claims } from '../../lib/concurrency/claim.js';

describe('Claims', () => {
  const source = {};
  const make = (): Claim => new Claim(source, null, 1);

  it('is empty when it is made', () => {
    expect(new Claims().all()).toEqual([]);
    expect(new Claims().size).toBe(0);
  });

  it('has them in the order of being added', () => {
    const claims = new Claims();
    const all = [make(), make(), make()];
    for (const claim of all) claims.add(claim);
    expect(claims.all()).toEqual(all);
    expect(claims.size).toBe(3);
  });

  it.each([0, 1, 2])('lets any of them go: %p', (place) => {
    const claims = new Claims();
    const all = [make(), make(), make()];
    for (const claim of all) claims.add(claim);
    const [gone] = all.splice(place, 1);
    claims.remove(gone as Claim);
    expect(claims.all()).toEqual(all);
    const late = make();
    claims.add(late);
    expect(claims.all()).toEqual([...all, late]);
    expect(claims.size).toBe(3);
    expect(Object.values(gone as Claim).filter((value) => value instanceof Claim)).toEqual([]); // reaches nobody any more
  });

  it('takes one back that was let go: as the newest', () => {
    const claims = new Claims();
    const [a, b] = [make(), make()];
    claims.add(a);
    claims.add(b);
    claims.remove(a);
    claims.add(a);
    expect(claims.all()).toEqual([b, a]);
  });

  it('is empty after all have gone, in whatever order', () => {
    const claims = new Claims();
    const all = [make(), make(), make()];
    for (const claim of all) claims.add(claim);
    for (const claim of [all[1], all[0], all[2]]) claims.remove(claim as Claim);
    expect(claims.all()).toEqual([]);
    expect(claims.size).toBe(0);
  });
});
