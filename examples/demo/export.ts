import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bufferCount, concatMap, reduce, type Observable } from 'rxjs';
import { lastValue, using } from 'rxscope';
import { atomicFile, readChunks, tempDir } from 'rxscope/node';
import { rows } from 'rxscope/postgres';
import type { City } from './city.js';
import { count, say } from './output.js';
import type { Service } from './service.js';

/** How many rows are fetched, and written, at a time. */
const batch = 2000;

/** What the export has come to. */
export interface Exported {
  /** SHA-256 of what was written. */
  readonly written: string;
  /** The same of what the file holds. */
  readonly readBack: string;
}

/**
 * Writes all places into a file that is there as a whole or not at all, reads it back, and compares. The file is in a
 * temporary directory, and gone with it.
 */
export function exportPlaces(service: Service): Observable<Exported> {
  return using(tempDir({ prefix: 'rxscope-demo-' }), async (directory) => {
    const path = join(directory, 'cities.csv');
    const { written, lines } = await lastValue(write(path, service));
    const readBack = await lastValue(
      readChunks(path).pipe(reduce((hash, chunk) => hash.update(chunk), createHash('sha256'))),
    );
    const { size } = await stat(path);
    const checksum = readBack.digest('hex');
    say(
      `export: ${count(lines)} lines, ${(size / 1e6).toFixed(1)} MB, sha256 ${written.slice(0, 16)}…, ` +
        `read back: ${checksum === written ? 'equal' : 'NOT EQUAL'}`,
    );
    return { written, readBack: checksum };
  });
}

function write(path: string, { pool, table }: Service): Observable<{ written: string; lines: number }> {
  const places = rows<Pick<City, 'name' | 'country'>>(
    pool.lease,
    `SELECT name, country FROM ${table} ORDER BY id`,
    [],
    { batchSize: batch },
  );
  return using(atomicFile(path), (draft) => {
    const hash = createHash('sha256');
    return places.pipe(
      bufferCount(batch),
      concatMap(async (some) => {
        const text = some.map(({ name, country }) => `${country},${JSON.stringify(name)}\n`).join('');
        hash.update(text);
        await draft.appendFile(text);
        return some.length;
      }),
      reduce((sum, more) => sum + more, 0),
      concatMap((lines) => [{ written: hash.digest('hex'), lines }]),
    );
  });
}
