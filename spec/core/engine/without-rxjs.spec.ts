import { readSources } from '../../support/sources.js';

describe('the engine', () => {
  const sources = [...readSources('lib/core/engine')];

  it('imports nothing but itself: no RxJS, and nothing of what is built on it', () => {
    const imports = sources.flatMap(([file, text]) =>
      [...text.matchAll(/^(?! \*)[^*\n]*\b(?:from|import|require)\s*\(?\s*'(?<module>[^']+)'/gm)].map(
        (match) => [file, match.groups?.['module']] as const,
      ),
    );
    expect(imports.length).toBeGreaterThan(10);
    expect(imports.filter(([, module]) => module === undefined || !/^\.\/[\w-]+\.js$/.test(module))).toEqual([]);
  });

  it('loads where RxJS cannot be loaded', () => {
    jest.isolateModules(() => {
      jest.doMock('rxjs', () => {
        throw new Error('RxJS was loaded');
      });
      for (const [file] of sources) {
        const module = jest.requireActual<object>(`../../../lib/core/engine/${file.replace('.ts', '.js')}`);
        expect(Object.keys(module)).not.toEqual([]);
      }
      expect(() => jest.requireActual<object>('../../../lib/index.js')).toThrow('RxJS was loaded');
      jest.dontMock('rxjs');
    });
  });
});
