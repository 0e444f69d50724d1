import { turn } from '../../lib/testing/turn.js';

async function chain(length: number): Promise<string> {
  for (let i = 0; i < length; i++) await Promise.resolve();
  return 'settled';
}

describe('turn', () => {
  it('lets every promise settle that needs nothing from outside', async () => {
    let state = 'pending';
    void chain(10_000).then((settled) => (state = settled));
    await turn();
    expect(state).toBe('settled');
  });

  it('does without MessageChannel', async () => {
    const { MessageChannel: original } = globalThis;
    Object.assign(globalThis, { MessageChannel: undefined });
    try {
      let state = 'pending';
      void chain(100).then((settled) => (state = settled));
      await turn();
      expect(state).toBe('settled');
    } finally {
      Object.assign(globalThis, { MessageChannel: original });
    }
  });
});
