import type { QueryPort } from 'rxscope/postgres';
import type { CityPage } from './pages.js';

/** Inserts the places of a page with one statement. */
export async function insert(client: QueryPort, table: string, { offset, cities }: CityPage): Promise<void> {
  await client.query(
    `INSERT INTO ${table} (id, name, country, latitude, longitude)
     SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::real[], $5::real[])`,
    [
      cities.map((_, index) => offset + index),
      cities.map(({ name }) => name),
      cities.map(({ country }) => country),
      cities.map(({ lat }) => lat),
      cities.map(({ lng }) => lng),
    ],
  );
}

/** How many places the table holds; of a page, or of all. */
export async function storedRows(client: QueryPort, table: string, page?: CityPage): Promise<number> {
  const { rows } = await client.query<{ stored: number }>(
    `SELECT count(*)::integer AS stored FROM ${table} WHERE id >= $1 AND id < $2`,
    page === undefined ? [0, 2 ** 31 - 1] : [page.offset, page.offset + page.cities.length],
  );
  return rows[0]?.stored ?? 0;
}

/** A country and its places. */
export interface CountryCount {
  /** ISO 3166 code. */
  readonly country: string;
  readonly places: number;
}

/** The ten countries with the most places. */
export async function topCountries(client: QueryPort, table: string): Promise<readonly CountryCount[]> {
  const { rows } = await client.query<CountryCount>(
    `SELECT country, count(*)::integer AS places FROM ${table} GROUP BY country ORDER BY places DESC, country LIMIT 10`,
  );
  return rows;
}
