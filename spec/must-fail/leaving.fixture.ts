// Run by setup.spec.ts alone, with the setup file of all specs: what leaves something behind has to fail.
import { NEVER, throwError } from 'rxjs';
import { resource, using } from '../../lib/index.js';

const socket = resource({ name: 'socket', acquire: () => 1 });

it('leaves a resource open', () => {
  using(socket, () => NEVER).subscribe();
});

it('leaves an error that nobody handles', () => {
  throwError(() => new Error('nobody listens')).subscribe();
});

it('leaves a promise rejected', () => {
  void Promise.reject(new Error('nobody awaits'));
});

it('leaves nothing itself', () => undefined);
