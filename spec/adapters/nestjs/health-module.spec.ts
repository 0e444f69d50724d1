import { Controller, Get } from '@nestjs/common';
import { Subject } from 'rxjs';
import { provideResource, RxscopeHealthModule, type HealthOptions } from '../../../lib/adapters/nestjs/index.js';
import { Journal } from '../../support/journal.js';
import { eventually } from '../../support/eventually.js';
import { ask, frozen, someFail } from '../response/support/health.js';
import { describePlatforms, listen, rootModule } from './support/nest-test.js';

describePlatforms('RxscopeHealthModule', (createApp) => {
  async function against(
    options: HealthOptions | undefined,
    test: (address: string, close: () => Promise<unknown>) => Promise<void>,
    parts: Parameters<typeof rootModule>[0] = {},
  ): Promise<void> {
    const imports = [RxscopeHealthModule.forRoot(options)];
    const held = await listen(await createApp(rootModule({ ...parts, imports })));
    try {
      await test(held.value, () => held.release());
    } finally {
      await held.release();
    }
  }

  it('answers that the application is alive and ready', async () => {
    await against(undefined, async (address) => {
      expect(await ask(address, '/livez')).toEqual([200, { status: 'ok' }]);
      expect(await ask(address, '/readyz')).toEqual([200, { status: 'ok' }]);
    });
  });

  it('answers where it is told to', async () => {
    await against({ live: 'alive', ready: 'health/ready' }, async (address) => {
      expect(await ask(address, '/alive')).toEqual([200, { status: 'ok' }]);
      expect(await ask(address, '/health/ready')).toEqual([200, { status: 'ok' }]);
    });
  });

  it('is not ready any more before anything is closed, and alive until the end (S6)', async () => {
    @Controller()
    class Root {
      @Get()
      get(): object {
        return { still: 'served' };
      }
    }
    const journal = new Journal();
    const scheduler = frozen();
    const parts = { controllers: [Root], providers: [provideResource('DB', journal.resource('database'))] };
    await against(
      { delay: 500, scheduler },
      async (address, close) => {
        const closed = close();
        await eventually('readiness is over', async () => (await ask(address, '/readyz'))[0] === 503);
        expect(await ask(address, '/readyz')).toEqual([503, { status: 'closing' }]);
        expect(await ask(address, '/livez')).toEqual([200, { status: 'ok' }]);
        expect(await ask(address, '/')).toEqual([200, { still: 'served' }]);
        const kept = await fetch(address);
        expect([kept.status, kept.headers.get('connection')]).toEqual([200, 'close']);
        expect(journal.lines).toEqual(['+database']);
        scheduler.flush();
        await closed;
      },
      parts,
    );
    expect(journal.lines).toEqual(['+database', '-database complete']);
  });

  it('is not ready where a check fails, by name and without the reason', async () => {
    await against({ checks: someFail }, async (address) => {
      expect(await ask(address, '/readyz')).toEqual([503, { status: 'failing', failing: ['thrown', 'rejected'] }]);
      expect((await ask(address, '/livez'))[0]).toBe(200);
    });
  });

  it('is not ready where a resource is lost', async () => {
    const cut = new Subject<string>();
    const providers = [provideResource('LINE', new Journal().resource('line', { lost: () => cut }))];
    await against(
      undefined,
      async (address) => {
        cut.next('cut');
        expect(await ask(address, '/readyz')).toEqual([503, { status: 'lost', lost: ['line'] }]);
      },
      { providers },
    );
  });

  it.each([{ delay: -1 }, { checkTimeout: Number.NaN }])('refuses %p at the call', (options) => {
    expect(() => RxscopeHealthModule.forRoot(options)).toThrow(RangeError);
  });
});
