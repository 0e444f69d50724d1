import type { CountryCount } from './city-table.js';
import { count, say } from './output.js';

/** Prints countries and how many places each has. */
export function printCountries(countries: readonly CountryCount[]): void {
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  const rows = countries.map(({ country, places }) => [names.of(country) ?? country, count(places)] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) as [number, number];
  const line = `+-${'-'.repeat(widths[0])}-+-${'-'.repeat(widths[1])}-+`;
  say('The ten countries with the most places (GeoNames, www.geonames.org, CC BY 4.0):');
  say(line);
  for (const [name, places] of rows) say(`| ${name.padEnd(widths[0])} | ${places.padStart(widths[1])} |`);
  say(line);
}

/** The most memory the process has had, as in `182 MB`. */
export function peakMemory(): string {
  return `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`;
}
