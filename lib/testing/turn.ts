/** Lets the event loop have a turn: every promise that can settle without the outside world has settled by then. */
export async function turn(): Promise<void> {
  // Not a timer: the test may have faked those.
  if (typeof MessageChannel !== 'undefined') return post();
  for (let i = 0; i < 1000; i++) await Promise.resolve();
}

function post(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close(); // an open port keeps its process alive
      resolve();
    };
    port2.postMessage(null);
  });
}
