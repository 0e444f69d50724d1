// Run by setup.spec.ts alone, with the setup file of all specs: the file has to fail, not its test.
import { NEVER } from 'rxjs';
import { resource, using } from '../../lib/index.js';

beforeAll(() => {
  using(resource({ name: 'outside', acquire: () => 1 }), () => NEVER).subscribe();
});

it('leaves nothing itself beside it', () => undefined);
