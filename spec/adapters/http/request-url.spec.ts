import { addQuery, checkedBase, resolveUrl, shownUrl, takeUser } from '../../../lib/adapters/http/request-url.js';

const base = new URL('https://example.org/v1');

describe('resolveUrl', () => {
  it.each([
    ['books', 'https://example.org/v1/books'],
    ['/books', 'https://example.org/v1/books'],
    ['/books/', 'https://example.org/v1/books/'],
    ['', 'https://example.org/v1'],
    ['?a=1', 'https://example.org/v1?a=1'],
    ['#part', 'https://example.org/v1#part'],
    ['books:find?at=http://x', 'https://example.org/v1/books:find?at=http://x'],
    ['http://other.example.org/x', 'http://other.example.org/x'],
    ['//other.example.org/x', 'https://example.org/v1//other.example.org/x'],
    ['@other.example.org', 'https://example.org/v1/@other.example.org'],
    [':8080/x', 'https://example.org/v1/:8080/x'],
    ['.other.example.org', 'https://example.org/v1/.other.example.org'],
    ['../admin', 'https://example.org/admin'],
  ])('takes %s for %s', (path, url) => {
    expect(resolveUrl(path, base).href).toBe(url);
  });

  it('has one slash between a base that ends with one and a path', () => {
    expect(resolveUrl('/books', new URL('https://example.org/')).href).toBe('https://example.org/books');
    expect(resolveUrl('books', new URL('https://example.org/v1/')).href).toBe('https://example.org/v1/books');
  });

  it('refuses what is no address of the web', () => {
    expect(() => resolveUrl('javascript://x', base)).toThrow('begins with https: or http:');
    expect(() => resolveUrl('path', null)).toThrow(TypeError);
  });
});

describe('checkedBase', () => {
  it('takes an address with a path', () => {
    expect(checkedBase('https://example.org/v1')?.href).toBe('https://example.org/v1');
    expect(checkedBase(undefined)).toBeNull();
  });

  it('refuses what would be lost', () => {
    expect(() => checkedBase('https://example.org/#a')).toThrow(TypeError);
    expect(() => checkedBase('https://example.org/?a')).toThrow(TypeError);
  });
});

describe('addQuery', () => {
  it('adds values in all forms, and leaves out those that are not there', () => {
    const url = new URL('https://example.org/?a=0');
    addQuery(url, { a: 1, b: [true, null, 'x y'], c: undefined, d: 5n });
    addQuery(url, new URLSearchParams({ e: '1' }));
    addQuery(url, [
      ['f', 1],
      ['f', undefined],
    ]);
    addQuery(url, undefined);
    expect(url.search).toBe('?a=0&a=1&b=true&b=x+y&d=5&e=1&f=1');
  });
});

describe('takeUser', () => {
  it('makes of the user what a header wants, in UTF-8', () => {
    const url = new URL('https://us%C3%A9r:p%3Ass@example.org/');
    expect(takeUser(url)).toBe(`Basic ${Buffer.from('usér:p:ss').toString('base64')}`);
    expect(url.href).toBe('https://example.org/');
    expect(takeUser(url)).toBeNull();
  });
});

describe('shownUrl', () => {
  it('has nothing in it that may be secret', () => {
    expect(shownUrl(new URL('https://a:b@example.org:8080/path?token=1#c'))).toBe('https://example.org:8080/path');
  });
});
