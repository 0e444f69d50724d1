const LIMIT = 80;

/** A value as a message shows it: short, on one line, on every platform. */
export function show(value: unknown): string {
  const text = showAll(value, new Set());
  return text.length > LIMIT ? `${text.slice(0, LIMIT - 1)}…` : text;
}

function showAll(value: unknown, around: Set<object>): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return `${String(value)}n`;
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) return value.message === '' ? value.name : `${value.name}: ${value.message}`;
  if (value instanceof RegExp) return String(value);
  if (around.has(value)) return '[circular]';
  around.add(value);
  const text = showObject(value, around);
  around.delete(value);
  return text;
}

function showObject(value: object, around: Set<object>): string {
  const list = (items: Iterable<unknown>): string => [...items].map((item) => showAll(item, around)).join(', ');
  if (Array.isArray(value)) return `[${list(value)}]`;
  if (value instanceof Set) return `Set {${list(value)}}`;
  if (value instanceof Map) return `Map {${list(value)}}`;
  const entries = Object.entries(value).map(([key, one]) => `${key}: ${showAll(one, around)}`);
  return entries.length > 0 ? `{ ${entries.join(', ')} }` : '{}';
}
