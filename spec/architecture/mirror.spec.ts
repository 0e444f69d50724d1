import { listSources } from '../support/sources.js';

/** Files of lib without a spec of their own, each with the reason. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ['testing/contracts/laws.ts', 'the titles of the laws'],
  ['testing/contracts/random.ts', 'repeatable numbers for the random cases'],
  ['testing/contracts/contract-error.ts', 'what a case fails with: trial.spec.ts'],
  ['testing/contracts/visit.ts', 'a consumer that writes down: check-resource.spec.ts'],
  ['testing/contracts/held-view.ts', 'a resource under test: check-resource.spec.ts'],
  ['testing/contracts/resource-ends.ts', 'cases: check-resource.spec.ts'],
  ['testing/contracts/resource-leaving.ts', 'cases: check-resource.spec.ts'],
  ['testing/contracts/resource-together.ts', 'cases: check-resource.spec.ts'],
  ['testing/contracts/iterable-view.ts', 'an iterable under test: check-async-iterable.spec.ts'],
  ['testing/contracts/iterable-reading.ts', 'cases: check-async-iterable.spec.ts'],
  ['testing/contracts/iterable-leaving.ts', 'cases: check-async-iterable.spec.ts'],
  ['testing/contracts/crowd.ts', 'those who come to a lock or a pool: check-lock.spec.ts'],
  ['testing/contracts/lock-cases.ts', 'cases: check-lock.spec.ts'],
  ['testing/contracts/lock-leaving.ts', 'cases: check-lock.spec.ts'],
  ['testing/contracts/workshop.ts', 'what a pool under test lends: check-pool.spec.ts'],
  ['testing/contracts/pool-view.ts', 'a pool under test: check-pool.spec.ts'],
  ['testing/contracts/pool-lending.ts', 'cases: check-pool.spec.ts'],
  ['testing/contracts/pool-making.ts', 'cases: check-pool.spec.ts'],
  ['testing/contracts/pool-closing.ts', 'cases: check-pool.spec.ts'],
  ['testing/helpers.ts', 'types only; each helper has its spec'],
  ['testing/drive.ts', 'what moves testResourcesAsync() on: test-resources-async.spec.ts'],
  ['testing/resource-test.ts', 'puts the helpers of a test together: test-resources.spec.ts'],
  ['core/awaitable.ts', 'a type only: spec/types/awaitable.spec.ts'],
  ['core/leaf.ts', 'puts records of one shape together; each resource made with it has its spec'],
  ['core/entering.ts', 'glue of four operators: acquire-timeout, or-else, release-timeout and retry-acquire specs'],
  ['core/consuming.ts', 'what consume() and lastValue() are made of: consume and first-value specs'],
  ['core/release-waiter.ts', 'what awaitRelease() and consume() have in common: await-release and consume specs'],
  ['core/switching.ts', 'the subscriber of switchResource(): switch-resource.spec.ts'],
  ['core/enter-stack.ts', 'how ExitStack#enter works: exit-stack.spec.ts'],
  ['core/upstream.ts', 'the end of switchResource() that is subscribed to its source: switch-resource.spec.ts'],
  ['core/combine-concurrently.ts', 'combine() with options: combine.spec.ts runs every case in four ways'],
  ['core/enter-members.ts', 'the entering half of it: combine.spec.ts'],
  ['core/close-members.ts', 'the releasing half of it: combine.spec.ts'],
  ['core/supply.ts', 'types only; what keeps them: supply-observable and iterate specs'],
  ['interop/observable-iterator.ts', 'what all iterators of toAsyncIterable() are: law-33.spec.ts'],
  ['interop/stored-iterator.ts', 'those with a store: law-33.spec.ts and for-await-oracle.property.spec.ts'],
  ['interop/batch-iterator.ts', 'the one on rxjs-for-await: the same'],
  ['interop/askable-observable.ts', 'what pages are: law-34 and paginate-leaving specs loop over them and pull them'],
  ['interop/pages.ts', 'what paginate() makes: paginate.spec.ts and law-34.spec.ts'],
  ['interop/page-plan.ts', 'types only'],
  [
    'interop/pager.ts',
    'one run of paginate(): law-34, paginate-invariants and paginate-leaving specs, paginate.property.spec.ts',
  ],
  ['interop/page-row.ts', 'the requests of a run of paginate(): paginate-invariants and counted-pages specs'],
  ['interop/page-route.ts', 'its way from page to page: G3, G5 and G7 of paginate-invariants.spec.ts'],
  ['interop/slot.ts', 'a page in it: the same'],
  ['interop/fetch-source.ts', 'its requests: paginate-leaving.spec.ts, and G2 and G7 of the others'],
  ['interop/following.ts', 'a request that is an observable: paginate-leaving.spec.ts'],
  ['interop/iterable-source.ts', 'paginate() of an iterable: paginate-iterables.spec.ts'],
  ['concurrency/pool-borrowing.ts', 'how the handles of a pool are borrowed: pool-class and pool-line specs'],
  ['concurrency/patience.ts', 'how long those in the line of a pool wait: pool-line.spec.ts'],
  ['concurrency/loan.ts', 'what is lent: pool-lease and pool-class specs'],
  ['concurrency/tally.ts', 'what a pool counts and tells: pool-class and pool-invariants specs'],
  ['concurrency/pool-admission.ts', 'who may wait: pool-line.spec.ts'],
  ['concurrency/pool-ending.ts', 'how handles are released: pool-stock and pool-closing specs'],
  ['concurrency/pool-events.ts', 'types only: spec/types/pool.spec.ts'],
  ['concurrency/pool-holder.ts', 'what is told of a borrower: pool-class and pool-upkeep specs'],
  ['concurrency/pool-item.ts', 'one handle of a pool: pool-stock and pool-check specs'],
  ['concurrency/pool-keeper.ts', 'types only'],
  ['concurrency/pool-loans.ts', 'who has borrowed: pool-class, pool-closing and pool-upkeep specs'],
  ['concurrency/pool-policy.ts', 'which handles are lent again: pool-check, pool-stock and pool-upkeep specs'],
  ['concurrency/pool-promises.ts', 'acquire(), ready() and drain(): pool-lease and pool-class specs'],
  ['concurrency/pool-stats.ts', 'the figures of a pool: pool-class.spec.ts, and checkStats() in all specs of pools'],
  ['concurrency/pool-thinning.ts', 'close(), resize() and evict(): pool-closing and pool-stock specs'],
  ['concurrency/pool-words.ts', 'what its errors say: pool-line and pool-closing specs'],
  ['concurrency/let-go.ts', 'the lock let go by a wait on a condition: condition.spec.ts'],
  ['concurrency/rw-permits.ts', 'permits of a read-write lock: rw-lock and upgradable specs'],
  ['concurrency/keyed-permits.ts', 'permits by key: keyed-mutex and keyed-semaphore specs'],
  ['adapters/node/sink.ts', 'how toWritable() writes: to-writable.spec.ts'],
  ['concurrency/deadline-subscriber.ts', 'the subscriber of deadline(): deadline.spec.ts'],
  ['concurrency/running-task.ts', 'a task as its group sees it: task and task-group specs'],
  ['concurrency/tasks.ts', 'the tasks of one scope: task-group.spec.ts'],
]);

const needsSpec = (file: string): boolean => !/(^|\/)index\.ts$|\.types\.ts$/.test(file);

describe('spec', () => {
  const specs = new Set(listSources('spec'));
  const files = listSources('lib').filter(needsSpec);

  it('mirrors lib: each file has its spec under the same path', () => {
    const missing = files.filter((file) => !exceptions.has(file) && !specs.has(file.replace(/\.ts$/, '.spec.ts')));
    expect(missing).toEqual([]);
  });

  it('makes no exception for a file that is not there', () => {
    expect([...exceptions.keys()].filter((file) => !files.includes(file))).toEqual([]);
  });
});
