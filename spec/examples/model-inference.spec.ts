import { main as modelInference } from '../../examples/scenarios/18-model-inference.js';

jest.setTimeout(60_000); // two workers load a model each

describe('the scenario example of model inference', () => {
  it('18 streams a result per sentence, cancels what its client has left, and unloads the models', async () => {
    const lines: string[] = [];
    const result = await modelInference((line) => lines.push(line));
    expect(result).toEqual({
      opinions: [
        ['good', 'bad'],
        ['bad', 'good'],
      ],
      named: ['$25', '4th'],
      lent: 0,
      made: 2,
    });
    expect(lines.slice(0, 2)).toEqual(['model loaded', 'model loaded']);
    expect(lines.slice(2, 4)).toEqual(['done after 2', 'done after 2']);
    const left = Number(/^left after (\d+)$/.exec(lines[4] ?? '')?.[1]);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(20_000);
    expect(lines.slice(5)).toEqual(['model unloaded', 'model unloaded']);
  });
});
