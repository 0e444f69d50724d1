import * as fc from 'fast-check';
import { findLink, parseLinkHeader } from '../../lib/interop/link-header.js';

const base = 'https://api.test/items/list?page=1#top';

/** Where `next` leads, in short. */
function next(header: string): string | undefined {
  return findLink(header, 'next', base)?.href.replace('https://api.test', '');
}

describe('parseLinkHeader', () => {
  it('reads target, relation types and parameters of each link', () => {
    const links = parseLinkHeader('<https://api.test/2>; rel="next"; title="two", </9>; rel=last');
    expect(links).toEqual([
      {
        target: 'https://api.test/2',
        rels: ['next'],
        params: new Map([
          ['rel', 'next'],
          ['title', 'two'],
        ]),
      },
      { target: '/9', rels: ['last'], params: new Map([['rel', 'last']]) },
    ]);
  });

  it('takes quotes and escapes off', () => {
    const [link] = parseLinkHeader(String.raw`</2>; title="a \"b\" \\ \c"; rel=next`);
    expect(link?.params.get('title')).toBe(String.raw`a "b" \ c`);
  });

  it('takes a value without quotes up to the end of the parameter', () => {
    const links = parseLinkHeader('</2>; title=a b ; rel=next last \t, </3>; title=c ');
    expect(links.map(({ params }) => params.get('title'))).toEqual(['a b', 'c']);
    expect(links[0]?.rels).toEqual(['next', 'last']);
  });

  it('keeps the first of several parameters of one name', () => {
    const [link] = parseLinkHeader('</2>; rel=prev; title=a; Title=b; rel=next');
    expect(link?.params.get('title')).toBe('a');
    expect(link?.rels).toEqual(['prev']);
  });

  it('takes a parameter without a value, and one without a name', () => {
    const [link] = parseLinkHeader('</2>; crossorigin; =x; ; rel=next;');
    expect([...(link?.params ?? [])]).toEqual([
      ['crossorigin', ''],
      ['rel', 'next'],
    ]);
  });

  it('keeps extended parameters as they stand', () => {
    const [link] = parseLinkHeader("</2>; title*=UTF-8'de'%e2%82%ac%zz; rel*=x; rel=next");
    expect(link?.params.get('title*')).toBe("UTF-8'de'%e2%82%ac%zz");
    expect(link?.rels).toEqual(['next']);
  });

  it('keeps parameters apart from what objects inherit', () => {
    const [link] = parseLinkHeader('</2>; __proto__=x; constructor=y; rel="__proto__"');
    expect([...(link?.params.keys() ?? [])]).toEqual(['__proto__', 'constructor', 'rel']);
  });

  it('has no relation types where there is no rel', () => {
    expect(parseLinkHeader('</2>; title=x')).toMatchObject([{ target: '/2', rels: [] }]);
  });

  it.each(['', ' ', ',', ' , ,, ', 'oops', '"', '<', '>', '</2', ';rel=next', '</2> x', '</2>; rel="a" b', '\\'])(
    'finds no link in %j',
    (header) => {
      expect(parseLinkHeader(header)).toEqual([]);
    },
  );

  it('fails for no text at all', () => {
    const pieces = fc.constantFrom('<', '>', '"', '\\', ',', ';', '=', ' ', '\t', 'rel', 'next', 'a', '*', '\u{1F600}');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (text) => {
        for (const { target, rels } of parseLinkHeader(text.join(''))) {
          expect(target).not.toMatch(/[<>]/);
          expect(rels).not.toContain('');
        }
      }),
    );
  });

  it('reads back what was written, in any order of parameters and with any white space', () => {
    const space = fc.constantFrom('', ' ', '\t', '  ');
    const name = fc.stringMatching(/^[a-z][a-z0-9*-]{0,5}$/);
    const parameters = fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'binary-ascii' })), { selector: ([n]) => n });
    const target = fc.stringMatching(/^[a-z0-9,;="/?#%]{0,12}$/);
    const quote = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(target, parameters)), space, space, (links, a, b) => {
        const header = links.map(
          ([target, params]) =>
            `<${target}>${params.map(([name, value]) => `${a};${b}${name}${b}=${a}${quote(value)}`).join('')}`,
        );
        const read = parseLinkHeader(header.join(`${a},${b},`));
        expect(read.map(({ target, params }) => [target, [...params]])).toEqual(links);
      }),
    );
  });
});

describe('findLink', () => {
  it.each([
    ['plain', '</p?2>; rel="next"', '/p?2'],
    ['as GitHub sends it', '<https://api.test/p?page=2>; rel="next", </p?page=9>; rel="last"', '/p?page=2'],
    ['unquoted', '</b>; rel=next', '/b'],
    ['one of several relation types', '</b>; rel="last next"', '/b'],
    ['between tabs and blanks', '</b>; rel=" last \t next "', '/b'],
    ['behind other parameters', '</b>; title="x"; rel="next"', '/b'],
    ['behind a comma in quotes', '</b>; title="a, b"; rel="next"', '/b'],
    ['behind a semicolon in quotes', '</b>; title="a; rel=prev"; rel="next"', '/b'],
    ['behind a link in quotes', '</a>; title=", </evil>; rel=next"; rel=prev, </b>; rel=next', '/b'],
    ['behind escaped quotes', String.raw`</b>; title="a \" , </evil>; rel=\"next\" "; rel="next"`, '/b'],
    ['behind a backslash that is escaped', String.raw`</b>; title="a\\"; rel="next"`, '/b'],
    ['with comma and semicolon in the target', '</b?x=1,2;3>; rel="next"', '/b?x=1,2;3'],
    ['in upper case', '</b>; REL="NEXT"', '/b'],
    ['with white space everywhere', '\t</b> ; rel = "next" ', '/b'],
    ['without white space', '</a>;rel=prev,</b>;rel=next', '/b'],
    ['among empty elements', ' , ,</b>; rel="next", ,', '/b'],
    ['among empty parameters', '</b>; ; rel="next";', '/b'],
    ['behind a parameter without a value', '</b>; crossorigin; rel="next"', '/b'],
    ['behind extended parameters', "</b>; title*=UTF-8''%e2%82%ac; rel*=UTF-8''prev; rel=next", '/b'],
    ['beside an address as relation type', '</b>; rel="http://example.net/foo next"', '/b'],
    ['behind garbage', 'oops; rel=next, </b>; rel="next"', '/b'],
    ['behind a target that nobody closes', '</a; rel="next", </b>; rel="next"', '/b'],
    ['behind garbage after a target', '</a> x; rel="next", </b>; rel="next"', '/b'],
    ['behind garbage after a parameter', '</a>; rel="next" x, "y, z", </b>; rel="next"', '/b'],
    ['behind a link in the quotes of garbage', 'x "a, </evil>; rel=next; b=", </b>; rel=next', '/b'],
    ['in quotes that nobody closes (appendix B.4)', '</b>; rel="next', '/b'],
    ['twice: the first', '</b>; rel=next, </c>; rel=next', '/b'],
  ])('finds it %s', (_, header, expected) => {
    expect(next(header)).toBe(expected);
  });

  it.each([
    ['in a second rel parameter (section 3.3)', '</b>; rel="prev"; rel="next"'],
    ['as a part of another word', '</b>; rel="next-archive", </c>; rel=nextish'],
    ['in rel* alone', "</b>; rel*=UTF-8''next"],
    ['in a title', '</b>; title="rel=next", </c>; title=next'],
    ['in a link that is not closed', '</b; rel="next"'],
    ['in quotes that nobody closes', '</a>; title="x, </b>; rel=next'],
    ['about something else', '</b>; rel="next"; anchor="/other", </c>; rel=next; anchor="#part"'],
    ['about no address', '</b>; rel="next"; anchor="https://["'],
    ['leading to no address', '<https://[>; rel="next"'],
    ['nowhere', ''],
  ])('does not find it %s', (_, header) => {
    expect(next(header)).toBeUndefined();
  });

  it.each([
    ['/2', '/2'],
    ['2', '/items/2'],
    ['../2', '/2'],
    ['?page=2', '/items/list?page=2'],
    ['', '/items/list?page=1'],
    ['//other.test/2', 'https://other.test/2'],
    ['http://api.test/2', 'http://api.test/2'],
  ])('resolves %j against the base', (target, expected) => {
    expect(next(`<${target}>; rel=next`)).toBe(expected);
  });

  it('takes the base as a URL too, and leaves it as it is', () => {
    const url = new URL(base);
    expect(findLink('<?page=2>; rel=next', 'next', url)?.search).toBe('?page=2');
    expect(url.href).toBe(base);
  });

  it('takes a link whose anchor says that it is about what was answered', () => {
    expect(next('</b>; rel=next; anchor=""')).toBe('/b');
    expect(next('</b>; rel=next; anchor="https://api.test/items/list?page=1"')).toBe('/b');
    expect(next('</a>; rel=next; anchor="/other", </b>; rel=next')).toBe('/b');
  });

  it('goes on behind a target that is no address', () => {
    expect(next('<https://[>; rel=next, </b>; rel=next')).toBe('/b');
  });

  it('takes the relation type in any case', () => {
    expect(findLink('</b>; rel="next"', 'NEXT', base)?.pathname).toBe('/b');
  });

  it('refuses a base that is no address: that is no fault of the header', () => {
    expect(() => findLink('</b>; rel=next', 'next', '/items')).toThrow('Invalid URL');
  });
});

describe('a hostile header', () => {
  const sections: readonly string[] = [
    '<',
    '<>',
    '<a>;',
    '<a,',
    '"',
    '<a>; rel="',
    '<a>;a="b" c,',
    '<a>;a=b"c,',
    '<">;a="',
    // Read from its own `<`, each of these opens a quote to the end; to who skips from there it closes one at once.
    ',<";b=>;a="',
    ',<\\">;a=\\"',
    ',',
    ';',
    '=',
    '\\',
    '\\"',
    ' ',
    '\t;',
    '<a>; rel=next ',
    '<a> ',
  ];
  const starts = ['', '<', '<a>; rel="', '<a>;rel=', '<a>'];
  const cases = sections.flatMap((section) => starts.map((start) => [start, section] as const));
  const hostile = (start: string, section: string, length: number): string =>
    `${start}${section.repeat(Math.ceil(length / section.length))}"x`;

  it.each(cases)('of %j and then %j for ever has each character looked at a few times', (start, section) => {
    const header = hostile(start, section, 100_000);
    const looks = countLooks(() => parseLinkHeader(header));
    expect(looks).toBeGreaterThanOrEqual(header.length); // else it is not characters that are counted
    expect(looks).toBeLessThan(8 * header.length);
  });

  it.each(sections)('of a megabyte of %j is read all the same', (section) => {
    const header = `</b>; rel=next, ${hostile('', section, 1_000_000)}`;
    expect(next(header)).toBe('/b');
  });

  /** How often `action` looks at a character of a text. The parser has no other way to look at one. */
  function countLooks(action: () => unknown): number {
    const look = Object.getOwnPropertyDescriptor(String.prototype, 'charCodeAt') as PropertyDescriptor;
    const original = look.value as typeof String.prototype.charCodeAt;
    let looks = 0;
    const charCodeAt = function (this: string, index: number): number {
      looks++;
      return original.call(this, index);
    };
    Object.defineProperty(String.prototype, 'charCodeAt', { ...look, value: charCodeAt });
    try {
      action();
    } finally {
      Object.defineProperty(String.prototype, 'charCodeAt', look);
    }
    return looks;
  }
});
