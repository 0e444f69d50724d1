/** One link of a `Link` header. */
export interface Link {
  /** What stands between `<` and `>`, not resolved. */
  readonly target: string;
  /** Relation types in lower case. None where there is no `rel`. */
  readonly rels: readonly string[];
  /** Parameters by name in lower case, quotes and escapes taken off. Of several of one name the first counts. */
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Reads a `Link` header the way RFC 8288 does in its appendix B.
 *
 * Never fails. A link that is not well-formed is left out, up to the comma after what is wrong with it; a quoted
 * string nobody closes goes on to the end of the header. `rel*` and `title*` are kept as they stand.
 *
 * Linear, whatever a server sends: the scanner below only goes forward. Giving up on a link does not go back to its
 * beginning either, for one could be made that is given up on again and again, each time at the far end.
 */
export function parseLinkHeader(header: string): readonly Link[] {
  const scanner = new Scanner(header);
  const links: Link[] = [];
  while (!scanner.isAtEnd()) {
    const link = readLink(scanner);
    if (link === null) scanner.skipElement();
    else links.push(link);
    scanner.skipOne(COMMA);
  }
  return links;
}

/**
 * Where the first link with this relation type leads, resolved against the address of what was answered. Links whose
 * `anchor` says that they are about something else are passed over, and so are targets that are no address.
 */
export function findLink(header: string, rel: string, base: string | URL): URL | null {
  const about = new URL(base);
  about.hash = '';
  const wanted = rel.toLowerCase();
  for (const { target, rels, params } of parseLinkHeader(header)) {
    if (!rels.includes(wanted)) continue;
    const anchor = params.get('anchor');
    if (anchor !== undefined && resolve(anchor, about)?.href !== about.href) continue;
    const url = resolve(target, about);
    if (url !== null) return url;
  }
  return null;
}

function resolve(reference: string, base: URL): URL | null {
  try {
    return new URL(reference, base);
  } catch {
    return null;
  }
}

function readLink(scanner: Scanner): Link | null {
  scanner.skipSpace();
  const target = readTarget(scanner);
  if (target === null) return null;
  const params = new Map<string, string>();
  while (scanner.skipNext(SEMICOLON)) {
    scanner.skipSpace();
    const name = scanner.takeUntil(isNameEnd).toLowerCase();
    const value = readValue(scanner);
    if (name !== '' && !params.has(name)) params.set(name, value);
  }
  if (!scanner.isAtElementEnd()) return null;
  const rels = (params.get('rel') ?? '').toLowerCase().split(/\s+/);
  return { target, rels: rels.filter((rel) => rel !== ''), params };
}

/** No address has a `<` in it: one that is met before the `>` means that a `>` was forgotten, and begins a target anew. */
function readTarget(scanner: Scanner): string | null {
  let target: string | null = null;
  while (scanner.skipOne(OPEN)) target = scanner.takeUntil(isTargetEnd);
  return scanner.skipOne(CLOSE) ? target : null;
}

function readValue(scanner: Scanner): string {
  if (!scanner.skipNext(EQUALS)) return '';
  return scanner.skipNext(QUOTE) ? scanner.takeQuoted() : scanner.takeUntil(isValueEnd).trimEnd();
}

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const OPEN = 0x3c;
const EQUALS = 0x3d;
const CLOSE = 0x3e;
const BACKSLASH = 0x5c;

const isSpace = (code: number): boolean => code === SPACE || code === TAB;
const isTargetEnd = (code: number): boolean => code === CLOSE || code === OPEN;
const isValueEnd = (code: number): boolean => code === SEMICOLON || code === COMMA;
const isNameEnd = (code: number): boolean => isValueEnd(code) || code === EQUALS || isSpace(code);

/** Goes through a header from left to right, and never back. */
class Scanner {
  private position = 0;

  constructor(private readonly text: string) {}

  isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  isAtElementEnd(): boolean {
    return this.isAtEnd() || this.text.charCodeAt(this.position) === COMMA;
  }

  skipOne(code: number): boolean {
    const isThere = this.text.charCodeAt(this.position) === code;
    if (isThere) this.position++;
    return isThere;
  }

  /** As `skipOne`, after white space. */
  skipNext(code: number): boolean {
    this.skipSpace();
    return this.skipOne(code);
  }

  skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.position))) this.position++;
  }

  takeUntil(isEnd: (code: number) => boolean): string {
    const start = this.position;
    while (!this.isAtEnd() && !isEnd(this.text.charCodeAt(this.position))) this.position++;
    return this.text.slice(start, this.position);
  }

  /** The rest of a quoted string, its opening quote being behind. */
  takeQuoted(): string {
    let taken = '';
    let start = this.position;
    for (; !this.isAtEnd() && !this.isAt(QUOTE); this.position++) {
      if (!this.isAt(BACKSLASH)) continue;
      taken += this.text.slice(start, this.position++);
      start = this.position; // what is escaped stands for itself
    }
    taken += this.text.slice(start, this.position);
    this.skipOne(QUOTE);
    return taken;
  }

  /** Up to the comma that ends the element, those in quotes left aside. */
  skipElement(): void {
    while (!this.isAtElementEnd()) {
      if (this.skipOne(QUOTE)) this.takeQuoted();
      else this.position++;
    }
  }

  private isAt(code: number): boolean {
    return this.text.charCodeAt(this.position) === code;
  }
}
