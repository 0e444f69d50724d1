import { EventSplitter, type ServerSentEvent } from '../../../lib/adapters/http/server-sent-events.js';

function eventsOf(text: string): ServerSentEvent[] {
  const splitter = new EventSplitter({});
  return [...splitter.push(text), ...splitter.end('')];
}

describe('EventSplitter', () => {
  it('takes an event at each empty line', () => {
    expect(eventsOf('data: a\n\ndata: b\n\n').map(({ data }) => data)).toEqual(['a', 'b']);
  });

  it('joins lines of data, and leaves out one space after the colon', () => {
    expect(eventsOf('data:a\ndata:  b\ndata\n\n').map(({ data }) => data)).toEqual(['a\n b\n']);
  });

  it('has no event without data', () => {
    expect(eventsOf('event: a\n\ndata: b\n\n')).toMatchObject([{ event: 'message', data: 'b' }]);
  });

  it('keeps the id and the time to wait, and not the name', () => {
    expect(eventsOf('id: 1\nretry: 500\nevent: e\ndata: a\n\ndata: b\n\nid\ndata: c\n\n')).toEqual([
      { event: 'e', data: 'a', id: '1', retry: 500 },
      { event: 'message', data: 'b', id: '1', retry: 500 },
      { event: 'message', data: 'c', id: '', retry: 500 },
    ]);
  });

  it('ignores comments, unknown fields, a time that is none, and an id with a NUL in it', () => {
    expect(eventsOf(': hello\nnote: x\nretry: 5s\nid: a\0b\ndata: a\n\n')).toEqual([
      { event: 'message', data: 'a', id: '', retry: null },
    ]);
  });

  it('drops what is not complete at the end', () => {
    expect(eventsOf('data: a\n\ndata: b\n')).toHaveLength(1);
    expect(eventsOf('data: a\n\ndata: b')).toHaveLength(1);
  });

  it('knows lines that end with CR', () => {
    expect(eventsOf('data: a\r\rdata: b\r\n\r\n').map(({ data }) => data)).toEqual(['a', 'b']);
  });
});
