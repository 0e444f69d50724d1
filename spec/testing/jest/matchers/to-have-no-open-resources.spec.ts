import { resource, using } from '../../../../lib/index.js';
import { NEVER } from 'rxjs';
import { testResources, trackResources } from '../../../../lib/testing/index.js';
import { matchers } from '../../../../lib/testing/jest/index.js';
import { messageOf } from '../../../support/message-of.js';

expect.extend(matchers);

const socket = resource({ name: 'socket', acquire: () => 1 });

describe('toHaveNoOpenResources', () => {
  it('looks at a tracker', () => {
    const tracker = trackResources();
    expect(tracker).toHaveNoOpenResources();
    const subscription = socket.subscribe();
    expect(tracker).not.toHaveNoOpenResources();
    const message = messageOf(() => expect(tracker).toHaveNoOpenResources());
    expect(message.replace(/\d+ ms/g, 'N ms')).toBe(`expect(received).toHaveNoOpenResources()

Expected: no open resources
Received: 1 open
  socket (held), open for N ms`);
    subscription.unsubscribe();
    tracker.stop();
  });

  it('says where it was opened if the tracker knows', () => {
    const tracker = trackResources({ stacks: true });
    const subscription = socket.subscribe();
    const lines = messageOf(() => expect(tracker).toHaveNoOpenResources()).split('\n');
    expect(lines[4]).toMatch(/^ {2}socket \(held\), open for \d+ ms, opened$/);
    expect(lines[5]).toMatch(/^ {4}at .*to-have-no-open-resources\.spec\.ts:\d+:\d+\)?$/);
    subscription.unsubscribe();
    tracker.stop();
  });

  it('looks at a probe, and at several', () => {
    testResources(({ probe, cold, expectObservable, flush }) => {
      const [db, cache] = [probe('db', { acquire: '-(a|)', release: '--|' }), probe('cache')];
      const messages: string[] = [];
      const look = (received: unknown): unknown =>
        messages.push(messageOf(() => expect(received).toHaveNoOpenResources()));
      expectObservable(using(db, () => cold('|')));
      expectObservable(
        using(db, () => NEVER),
        '^-----!',
      );
      cold('|').subscribe({ complete: () => look(db) });
      cold('--|').subscribe({ complete: () => look({ store: db, cache }) });
      flush();
      const head = 'expect(received).toHaveNoOpenResources()\n\nExpected: no open resources\nReceived: 2 open';
      expect(messages).toEqual([
        `${head}\n  db (entering), scope 1 of 2\n  db (entering), scope 2 of 2`,
        `${head}\n  store (exiting), scope 1 of 2\n  store (held), scope 2 of 2`,
      ]);
      expect(db).toHaveNoOpenResources();
      expect([db, cache]).toHaveNoOpenResources();
    });
  });

  it('says that nothing is open where something was to be', () => {
    testResources(({ probe }) => {
      expect(messageOf(() => expect(probe('db')).not.toHaveNoOpenResources())).toBe(
        `expect(received).not.toHaveNoOpenResources()

Expected: open resources
Received: none`,
      );
    });
  });

  it('refuses everything else', () => {
    expect(() => expect(socket).toHaveNoOpenResources()).toThrow(TypeError);
    expect(messageOf(() => expect(socket).toHaveNoOpenResources())).toBe(
      `expect(received).toHaveNoOpenResources(expected)

Matcher error: received value must be a probe, a list or a record of probes, or a tracker

Received: the resource "socket", which keeps no record: only probe() makes one`,
    );
  });
});
