import type { LineSplitter, Splitter } from '../../internal/line-splitter.js';
import { lineSplitter, type LineOptions } from './split-lines.js';

/** One event of a `text/event-stream` (WHATWG HTML, 9.2). */
export interface ServerSentEvent {
  /** Its name; `message` where it has none. */
  readonly event: string;
  /** Its lines, joined. */
  readonly data: string;
  /** The last one that was sent, also with an earlier event; empty where there was none. */
  readonly id: string;
  /** How long to wait before connecting anew, in milliseconds, as far as was said until now. */
  readonly retry: number | null;
}

/** Events out of their text. One that is not complete at the end is dropped, as the standard has it. */
export class EventSplitter implements Splitter<ServerSentEvent> {
  private readonly lines: LineSplitter;
  private event = '';
  private data: string[] = [];
  private id = '';
  private retry: number | null = null;

  constructor(options: LineOptions) {
    this.lines = lineSplitter('any', options);
  }

  *push(text: string): Generator<ServerSentEvent, void, undefined> {
    for (const line of this.lines.push(text)) yield* this.read(line);
  }

  *end(text: string): Generator<ServerSentEvent, void, undefined> {
    for (const line of this.lines.end(text)) yield* this.read(line);
  }

  private read(line: string): ServerSentEvent[] {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
    return [];
  }

  private dispatch(): ServerSentEvent[] {
    const { data, id, retry } = this;
    const event = this.event === '' ? 'message' : this.event;
    this.data = [];
    this.event = '';
    return data.length === 0 ? [] : [{ event, data: data.join('\n'), id, retry }];
  }
}
