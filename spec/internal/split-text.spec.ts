import { LineSplitter } from '../../lib/internal/line-splitter.js';
import { SplitText, type ByteIterator } from '../../lib/internal/split-text.js';
import { rejection } from '../support/rejection.js';

/** Pieces of text as bytes, and what was asked of them. */
class Pieces implements ByteIterator {
  readonly asked: string[] = [];

  constructor(private readonly pieces: (string | Error)[]) {}

  async next(): Promise<IteratorResult<Uint8Array, unknown>> {
    this.asked.push('next');
    const piece = this.pieces.shift();
    if (piece instanceof Error) throw piece;
    return piece === undefined ? { done: true, value: undefined } : { done: false, value: Buffer.from(piece) };
  }

  async return(): Promise<void> {
    this.asked.push('return');
  }
}

/** Those that tell the failure in words of their own. */
class TellingPieces extends Pieces {
  async throw(cause: unknown): Promise<never> {
    this.asked.push('throw');
    throw new Error('closed', { cause });
  }
}

function linesOf(pieces: Pieces, maxLength = Infinity): SplitText<string> {
  const decoder = new TextDecoder();
  const decode = (bytes?: Uint8Array): string => decoder.decode(bytes, { stream: bytes !== undefined });
  return new SplitText(pieces, decode, new LineSplitter('lf', maxLength, () => new RangeError('too long')));
}

describe('SplitText', () => {
  it('answers all of what was read before it reads on', async () => {
    const pieces = new Pieces(['a\nb\nc', 'd\n', 'e']);
    const lines = linesOf(pieces);
    const answers: unknown[] = [];
    for (let i = 0; i < 5; i++) answers.push([(await lines.next()).value, pieces.asked.length]);
    expect(answers).toEqual([
      ['a', 1],
      ['b', 1],
      ['cd', 2],
      ['e', 4],
      [undefined, 4],
    ]);
  });

  it('is done for good after the end, and reads nothing more', async () => {
    const pieces = new Pieces([]);
    const lines = linesOf(pieces);
    expect([await lines.next(), await lines.next()]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(pieces.asked).toEqual(['next']);
  });

  it('has what the decoder has left at the end', async () => {
    const lines = new SplitText(
      new Pieces(['a']),
      (bytes) => (bytes === undefined ? '\ufffd' : 'a'),
      new LineSplitter('lf', Infinity, () => new RangeError('too long')),
    );
    expect((await lines.next()).value).toBe('a\ufffd');
  });

  it('drops what it has and lets go of the bytes when it is left', async () => {
    const pieces = new Pieces(['a\nb\nc\n']);
    const lines = linesOf(pieces);
    await lines.next();
    expect(await lines.return()).toEqual({ done: true, value: undefined });
    expect(await lines.next()).toEqual({ done: true, value: undefined });
    expect(pieces.asked).toEqual(['next', 'return']);
  });

  it('fails after what comes before, with what reading or cutting has failed with', async () => {
    for (const [piece, expected] of [
      ['long\n', new RangeError('too long')],
      [new Error('broken'), new Error('broken')],
    ] as const) {
      const lines = linesOf(new Pieces(['a\n', piece]), 3);
      expect((await lines.next()).value).toBe('a');
      expect(await rejection(lines.next())).toEqual(expected);
    }
  });

  it('throws into bytes that can be thrown into, and fails with what they make of it', async () => {
    const pieces = new TellingPieces(['long\n']);
    expect(await rejection(linesOf(pieces, 3).next())).toEqual(
      new Error('closed', { cause: new RangeError('too long') }),
    );
    expect(pieces.asked).toEqual(['next', 'throw']);
  });
});
