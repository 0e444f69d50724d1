import { Subject } from 'rxjs';
import { applicationResource, healthRoutes } from '../../../lib/adapters/fastify/index.js';
import { Journal } from '../../support/journal.js';
import { eventually } from '../../support/eventually.js';
import { gate } from '../../support/gate.js';
import { ask, frozen, someFail } from '../response/support/health.js';
import { describeMajors, listen, type TestApp } from './support/majors.js';

describeMajors('healthRoutes()', (build) => {
  async function against(made: TestApp, test: (address: string) => Promise<void>): Promise<void> {
    const held = await listen(made);
    try {
      await test(held.value);
    } finally {
      await held.release();
    }
  }

  it('answers that it is alive and ready', async () => {
    const made = build();
    await made.app.register(healthRoutes());
    await against(made, async (address) => {
      expect(await ask(address, '/livez')).toEqual([200, { status: 'ok' }]);
      expect(await ask(address, '/readyz')).toEqual([200, { status: 'ok' }]);
    });
  });

  it('answers where it is told to', async () => {
    const made = build();
    await made.app.register(healthRoutes({ live: '/alive', ready: '/health/ready' }));
    await against(made, async (address) => {
      expect(await ask(address, '/alive')).toEqual([200, { status: 'ok' }]);
      expect(await ask(address, '/health/ready')).toEqual([200, { status: 'ok' }]);
    });
  });

  it('is not ready any more before anything is closed, and alive until the end (S6)', async () => {
    const made = build({ return503OnClosing: false });
    const journal = new Journal();
    const scheduler = frozen();
    await made.app.register(applicationResource('db', journal.resource('database')));
    await made.app.register(healthRoutes({ delay: 500, scheduler }));
    made.app.get('/', () => Promise.resolve({ still: 'served' }));
    const begun = gate();
    made.app.addHook('preClose', () => {
      begun.open();
      return Promise.resolve();
    });
    const held = await listen(made);
    const { value: address } = held;
    const closed = held.release();
    await eventually('readiness is over', async () => (await ask(address, '/readyz'))[0] === 503);
    expect(await ask(address, '/readyz')).toEqual([503, { status: 'closing' }]);
    expect(await ask(address, '/livez')).toEqual([200, { status: 'ok' }]);
    expect(await ask(address, '/')).toEqual([200, { still: 'served' }]);
    expect(journal.lines).toEqual(['+database']);
    expect(made.app.server.listening).toBe(true);
    scheduler.flush();
    await closed;
    await begun.opened;
    expect(journal.lines).toEqual(['+database', '-database complete']);
  });

  it('cannot answer while Fastify closes, where that was made without return503OnClosing: false', async () => {
    const made = build();
    const scheduler = frozen();
    await made.app.register(healthRoutes({ delay: 500, scheduler }));
    const held = await listen(made);
    const closed = held.release();
    await eventually('readiness is over', async () => (await ask(held.value, '/readyz'))[0] === 503);
    expect(await ask(held.value, '/livez')).toEqual([503, expect.objectContaining({ error: 'Service Unavailable' })]);
    scheduler.flush();
    await closed;
  });

  it('is not ready where a check fails, by name and without the reason', async () => {
    const made = build();
    await made.app.register(healthRoutes({ checks: someFail }));
    await against(made, async (address) => {
      expect(await ask(address, '/readyz')).toEqual([503, { status: 'failing', failing: ['thrown', 'rejected'] }]);
      expect((await ask(address, '/livez'))[0]).toBe(200);
    });
  });

  it('is not ready where an application resource is lost', async () => {
    const made = build();
    const cut = new Subject<string>();
    const line = new Journal().resource('line', { lost: () => cut });
    await made.app.register(applicationResource('line', line, { onLost: () => undefined }));
    await made.app.register(healthRoutes());
    await against(made, async (address) => {
      cut.next('cut');
      expect(await ask(address, '/readyz')).toEqual([503, { status: 'lost', lost: ['line'] }]);
    });
  });

  it.each([{ delay: -1 }, { checkTimeout: Number.NaN }])('refuses %p at the call', (options) => {
    expect(() => healthRoutes(options)).toThrow(RangeError);
  });
});
