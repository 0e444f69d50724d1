// After the specs of this project: see install.mjs.
import { rmSync } from 'node:fs';

export default function uninstall() {
  rmSync(process.env.RXSCOPE_CONSUMER, { recursive: true, force: true });
}
