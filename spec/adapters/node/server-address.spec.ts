import { urlOf } from '../../../lib/adapters/node/server-address.js';

describe('urlOf', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['fe80::1', 'http://[fe80::1]:80'],
  ])('of a server on %s is where a client on this machine finds it', (host, url) => {
    expect(urlOf({ host, port: 80 }, false)).toBe(url);
  });

  it('says whether it is secure', () => {
    expect(urlOf({ host: '127.0.0.1', port: 443 }, true)).toBe('https://127.0.0.1:443');
  });

  it('is a path where it has one', () => {
    expect(urlOf({ host: '/run/app.sock', port: 0 }, false)).toBe('unix:/run/app.sock');
  });
});
