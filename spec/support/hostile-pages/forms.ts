import { linkOf } from './links.js';
import type { Settings } from './settings.js';

/** A page, before anything is done to it. */
export interface Served {
  /** Counted from 1. */
  readonly page: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** A form of pagination: makes the page that a query asks for. */
export type Form = (settings: Settings, origin: string, foreign: string) => Served;

/** By path. */
export const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['/pages', byPage],
  ['/offset', byOffset],
  ['/cursor', byCursor],
  ['/link', byLink],
]);

/** `?page=&size=`, an array; pages after the last are empty. */
function byPage(settings: Settings): Served {
  const page = settings.number('page', 1);
  return { page, body: enveloped(settings, settings.itemsOf(page)) };
}

/** `?offset=&limit=`, an array; empty after the last item. */
function byOffset(settings: Settings): Served {
  const offset = settings.number('offset', 0);
  const items = settings.itemsFrom(offset);
  return { page: Math.floor(offset / settings.size) + 1, body: enveloped(settings, items) };
}

function enveloped(settings: Settings, items: readonly number[]): unknown {
  return settings.text('envelope', '0') === '1' ? { items, total: settings.total } : items;
}

/** `?cursor=`, `{ items, next }`. */
function byCursor(settings: Settings): Served {
  const cursor = settings.text('cursor', '') || 't1';
  const tokens = settings.text('tokens', 'fresh');
  const page = Number(cursor.slice(1));
  const items = settings.itemsOf(page);
  if (tokens === 'same') return { page, body: { items, next: 't1' } };
  if (tokens !== 'fresh') return { page, body: { items, next: `t${String((page % Number(tokens)) + 1)}` } };
  const end = { absent: {}, null: { next: null }, empty: { next: '' } }[settings.text('end', 'absent')];
  return { page, body: { items, ...(settings.isLast(page) ? end : { next: `t${String(page + 1)}` }) } };
}

/** `?page=&size=`, an array, and a `Link` header. */
function byLink(settings: Settings, origin: string, foreign: string): Served {
  const page = settings.number('page', 1);
  return { page, body: settings.itemsOf(page), headers: { link: linkOf(settings, page, origin, foreign) } };
}
