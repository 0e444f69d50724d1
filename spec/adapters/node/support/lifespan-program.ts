// Run by lifespan-invariants.spec.ts and run-main.spec.ts in processes of its own. Prints what happens, a line each.
import { NEVER, of, throwError, timer } from 'rxjs';
import { resource, use, using, type Resource } from '../../../../lib/index.js';
import {
  formatReport,
  keepsAlive,
  lifespan,
  runMain,
  type LifespanOptions,
} from '../../../../lib/adapters/node/index.js';

const [scenario = '', signal = 'SIGTERM'] = process.argv.slice(2);

const say = (line: string): void => console.log(line);
const events = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException', 'unhandledRejection'];
const listeners = (): string => events.map((event) => process.listenerCount(event)).join(' ');

const before = listeners();
process.on('exit', (code) => {
  const alive = keepsAlive();
  say(`exit ${String(code)}`);
  say(`listeners ${listeners() === before ? 'as before' : listeners()}`);
  say(`alive: ${alive.map(({ type }) => type).join(', ') || 'nothing'}`);
});
const exit = process.exit.bind(process);
process.exit = (code) => {
  say('process.exit is called');
  return exit(code);
};

function part(name: string, release: () => unknown = () => undefined): Resource<string> {
  return resource({
    name,
    async acquire() {
      say(`+${name}`);
      return name;
    },
    async release() {
      say(`-${name}`);
      await release();
      say(`-${name} over`);
    },
  });
}

/** Is there when it has not been told to give up. */
const late = resource<string>({
  name: 'late',
  acquire: ({ signal: left }) =>
    new Promise((_, reject) => {
      say('+late');
      left.addEventListener('abort', () => {
        reject(left.reason as Error);
      });
    }),
});

const hanging = (): Promise<never> => new Promise(() => undefined);
const heard = (): Promise<void> => new Promise((resolve) => process.once(signal, () => setImmediate(resolve)));

const shown: LifespanOptions = { echo: 0, onReport: (report) => say(formatReport(report)) };

/** A database and, on top of it, a cache whose release is up to the scenario. */
function application(release?: () => unknown, options: LifespanOptions = {}): Resource<string> {
  return lifespan(
    async (app) => {
      app.state$.subscribe(say);
      await app.step('database', part('database'));
      await app.step('cache', part('cache', release));
      return 'application';
    },
    { ...shown, ...options },
  );
}

const starting = lifespan(async (app) => {
  await app.step('database', part('database'));
  await app.step('late', late);
  say('never');
}, shown);

const served = (): Resource<string> => part('server');
const keptAlive = (): void => void setInterval(() => undefined, 60_000);

const scenarios: Record<string, () => unknown> = {
  alone: () => application().subscribe(),
  'alone, starting': () => starting.subscribe(),
  'alone, hanging': () => application(hanging).subscribe(),
  main: () => runMain(application()),
  'main, starting': () => runMain(starting),
  'main, hanging': () => runMain(application(hanging)),
  'main, stopping': () => runMain(application(heard).pipe(use(() => of(1)))),
  'main, no deadline': () => runMain(application(hanging, { deadline: Infinity }), { echo: 0 }),
  plain: () => runMain(using(served(), () => NEVER)),
  'plain, starting': () => runMain(using(late, () => NEVER)),
  'plain, stopping': () => runMain(using(part('server', heard), () => of(1))),
  'plain, hanging': () =>
    runMain(
      using(part('server', hanging), () => NEVER),
      { echo: 0 },
    ),
  'plain, deadline': () =>
    runMain(
      using(part('server', hanging), () => NEVER),
      { deadline: 50 },
    ),
  'plain, echo': () =>
    runMain(
      using(part('server', heard), () => NEVER),
      { echo: 600_000 },
    ),
  completes: () => runMain(using(served(), () => of(1))),
  fails: () =>
    runMain(
      using(
        part('server', () => Promise.reject(new Error('close'))),
        () => throwError(() => new Error('boom', { cause: new Error('deep') })),
      ),
    ),
  'left behind': async () => {
    part('server', () => new Promise((resolve) => setTimeout(resolve, 30)))
      .subscribe()
      .unsubscribe();
    await runMain(of(1));
    say('main is over');
  },
  uncaught: () =>
    runMain(
      using(
        served(),
        () => (
          setTimeout(() => {
            throw new Error('thrown');
          }),
          NEVER
        ),
      ),
    ),
  rejected: () => runMain(using(served(), () => (setTimeout(() => void Promise.reject(new Error('rejected'))), NEVER))),
  unhandled: () => runMain(using(served(), () => (throwError(() => new Error('unhandled')).subscribe(), NEVER))),
  'uncaught, twice': () =>
    runMain(
      using(
        part('server', () => {
          setTimeout(() => {
            throw new Error('second');
          });
          return new Promise((resolve) => setTimeout(resolve, 20));
        }),
        () => (
          setTimeout(() => {
            throw new Error('first');
          }),
          NEVER
        ),
      ),
    ),
  'uncaught, alone': () =>
    application(undefined, { uncaught: true })
      .pipe(
        use(
          () => (
            setTimeout(() => {
              throw new Error('thrown');
            }),
            NEVER
          ),
        ),
      )
      .subscribe({ error: (error: unknown) => say(String(error)) }),
  'exit true': () => (
    keptAlive(),
    runMain(
      using(served(), () => of(1)),
      { exit: true },
    )
  ),
  'exit in time': () => (
    keptAlive(),
    runMain(
      using(served(), () => timer(1)),
      { exit: 20 },
    )
  ),
  'exit not needed': () =>
    runMain(
      using(served(), () => timer(1)),
      { exit: 600_000 },
    ),
  'own exit code': () => {
    process.exitCode = 7;
    return runMain(of(1));
  },
  'mapped exit code': () =>
    runMain(
      using(served(), () => NEVER),
      { exitCode: ({ signal: told }) => (told === 'SIGTERM' ? 0 : 9) },
    ),
};

const run = scenarios[scenario];
if (run === undefined) throw new Error(`No scenario "${scenario}".`);
await run();
