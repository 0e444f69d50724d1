import { Subject } from 'rxjs';
import { nestApplication, provideResource } from '../../../lib/adapters/nestjs/index.js';
import { lease, lastValue, using } from '../../../lib/index.js';
import { Journal } from '../../support/journal.js';
import { describePlatforms, makeModule, rootModule } from './support/nest-test.js';

describePlatforms('nestApplication()', (createApp) => {
  it('is created, started, and closed with its scope', async () => {
    const journal = new Journal();
    const root = rootModule({ providers: [provideResource('A', journal.resource('a'))] });
    const application = nestApplication(
      () => createApp(root),
      (app) => app.listen(0),
    );
    const status = await lastValue(using(application, async (app) => (await fetch(await app.getUrl())).status));
    expect(status).toBe(404);
    expect(journal.lines).toEqual(['+a', '-a complete']);
  });

  it("releases what was entered where somebody else's provider fails", async () => {
    const journal = new Journal();
    const failing = { provide: 'X', inject: ['A'], useFactory: () => Promise.reject(new Error('not ours')) };
    const root = rootModule({ providers: [provideResource('A', journal.resource('a')), failing] });
    await expect(lease(nestApplication(() => createApp(root)))).rejects.toThrow('not ours');
    expect(journal.lines).toEqual(['+a', '-a error not ours']);
  });

  it('closes the application where starting fails', async () => {
    const journal = new Journal();
    const root = rootModule({ providers: [provideResource('A', journal.resource('a'))] });
    const application = nestApplication(
      () => createApp(root),
      () => Promise.reject(new Error('port is taken')),
    );
    await expect(lease(application)).rejects.toThrow('port is taken');
    expect(journal.lines).toEqual(['+a', '-a complete']);
  });

  it('is lost with a resource of it', async () => {
    const journal = new Journal();
    const cut = new Subject<string>();
    const root = rootModule({
      providers: [
        provideResource('A', journal.resource('a')),
        provideResource('LINE', journal.resource('line', { lost: () => cut })),
      ],
    });
    const held = await lease(nestApplication(() => createApp(root)));
    cut.next('cut');
    await expect(held.release()).rejects.toMatchObject({ name: 'ResourceLostError', resource: 'nest' });
    expect(journal.lines.at(-1)).toBe('-a complete');
  });

  it('needs no resources in the application', async () => {
    const held = await lease(nestApplication(() => createApp(makeModule({}))));
    expect(await held.release()).toBe(false);
  });

  it('refuses what is no function at the call', () => {
    expect(() => nestApplication(null as never)).toThrow(TypeError);
  });
});
