import type { Settings } from './settings.js';

/**
 * The `Link` header of a page, by the setting `link`; undefined after the last page:
 *
 * - `path`: `</link?page=2>; rel="next", …; rel="last"`
 * - `absolute`: the same with the whole address
 * - `relative`: `<?page=2>; rel=next`
 * - `reordered`: behind a link in quotes, with `rel` last and of two types, a comma in a title
 * - `foreign`: to the other server, which goes on with links to itself
 * - `circle`: always to the first page
 * - `angles`, `commas`, `quotes`, `escapes`, `spaces`: much garbage before the link; `unclosed`: and no way to find it
 */
export function linkOf(settings: Settings, page: number, origin: string, foreign: string): string | undefined {
  const form = settings.text('link', 'path');
  if (form === 'circle') return `</link${settings.with('page', 1)}>; rel="next"`;
  if (settings.isLast(page)) return undefined;
  const query = settings.with('page', page + 1);
  const path = `/link${query}`;
  const garbage = garbageOf(form, settings.number('length', 100_000));
  if (garbage !== undefined) return `${garbage}, <${path}>; rel="next"`;
  switch (form) {
    case 'absolute':
      return `<${origin}${path}>; rel="next"`;
    case 'relative':
      return `<${query}>; rel=next`;
    case 'reordered':
      return `</link?page=1>; title="a, </evil>; rel=next, b"; rel="prev first", <${path}>; title="c, d"; rel="last next"`;
    case 'foreign':
      return `<${foreign}/link${settings.with('page', page + 1)}>; rel="next"`;
    default:
      return `<${path}>; rel="next", </link${settings.with('page', Math.ceil(settings.total / settings.size))}>; rel="last"`;
  }
}

function garbageOf(form: string, length: number): string | undefined {
  switch (form) {
    case 'angles':
      return '<'.repeat(length);
    case 'commas':
      return ','.repeat(length);
    case 'quotes':
      return '<a>; b="c"; '.repeat(length / 12);
    case 'escapes':
      return `<a>; b="${'\\"'.repeat(length / 2)}"`;
    case 'spaces':
      return `<a>${' '.repeat(length)}b`;
    case 'unclosed':
      return `<a>; b="${'\\"'.repeat(length / 2)}`;
    default:
      return undefined;
  }
}
