// Run by runners.spec.ts with other runners than Jest: a contract finds their globals by itself.
import { resource } from 'rxscope';
import { checkResourceContract } from 'rxscope/testing';

describe('a resource that releases', () => {
  checkResourceContract(() => {
    const counter = { opened: 0, closed: 0 };
    const made = resource({ acquire: async () => ++counter.opened, release: async () => ++counter.closed });
    return { resource: made, opened: () => counter.opened, closed: () => counter.closed };
  });
});
