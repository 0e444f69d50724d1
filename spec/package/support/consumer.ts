/** The folder of a project that has the packed package, RxJS and Nest installed, and nothing else: see install.mjs. */
export const consumer = findConsumer();

function findConsumer(): string {
  const folder = process.env['RXSCOPE_CONSUMER'];
  if (folder === undefined) throw new Error('The package is installed for the Jest project `package` alone.');
  return folder;
}
