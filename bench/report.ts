import { median } from './measure/statistics.js';
import type { Description, Goal, Measurement } from './measure/workload.js';

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One variant over all processes. */
interface Row {
  readonly value: number;
  readonly timesFloor?: Spread;
}

interface GoalRow extends Goal {
  readonly value: number;
  readonly reached: boolean;
}

/** One workload over all processes. Records rather than lists: the JSON stays readable and formatted. */
export interface Result {
  readonly title: string;
  readonly unit: string;
  readonly floor?: { readonly name: string; readonly value: number };
  readonly variants: Readonly<Record<string, Row>>;
  readonly goals: Readonly<Record<string, GoalRow>>;
}

export function summarise(workload: Description, measurements: readonly Measurement[]): Result {
  const { title, unit, floor } = workload;
  const names = Object.keys(measurements[0]?.variants ?? {});
  return {
    title,
    unit,
    ...(floor === undefined
      ? {}
      : { floor: { name: floor, value: overall(measurements, ({ floor }) => floor).median } }),
    variants: Object.fromEntries(names.map((name) => [name, row(measurements, name)])),
    goals: Object.fromEntries(workload.goals.flatMap((goal, index) => goalRow(goal, index, measurements))),
  };
}

function row(measurements: readonly Measurement[], name: string): Row {
  const timesFloor = overall(measurements, ({ variants }) => variants[name]?.timesFloor);
  const { median } = overall(measurements, ({ variants }) => variants[name]?.value);
  return Number.isNaN(timesFloor.median) ? { value: median } : { value: median, timesFloor };
}

function goalRow(goal: Goal, index: number, measurements: readonly Measurement[]): [string, GoalRow][] {
  const value = overall(measurements, ({ goals }) => goals[index]).median;
  return Number.isNaN(value) ? [] : [[goal.variant, { ...goal, value, reached: value <= goal.atMost }]];
}

/** Over processes; NaN where no process has measured it. */
function overall(measurements: readonly Measurement[], pick: (measurement: Measurement) => number | undefined): Spread {
  const numbers = measurements.map(pick).filter((number) => number !== undefined);
  return {
    median: rounded(median(numbers)),
    min: rounded(Math.min(...numbers)),
    max: rounded(Math.max(...numbers)),
  };
}

/** Three decimals are more than anything here can be measured to. */
const rounded = (number: number): number => Math.round(number * 1000) / 1000;

const formatted = (number: number): string =>
  number.toFixed(Math.abs(number) < 10 ? 2 : Math.abs(number) < 100 ? 1 : 0);

/** The table of one workload. */
export function table(id: string, { title, unit, floor, variants, goals }: Result): string {
  const rows = Object.entries(variants).map(([name, { value, timesFloor }]) => [
    name,
    formatted(value),
    ...(timesFloor === undefined ? [] : [formatted(timesFloor.median), spread(timesFloor)]),
  ]);
  const head = floor === undefined ? ['', unit] : ['', `ns per ${unit}`, '× floor', 'over processes'];
  const first = floor === undefined ? [] : [[`floor: ${floor.name}`, formatted(floor.value), formatted(1), '']];
  const lines = [`${id}: ${title}`, ...aligned([head, ...first, ...rows]).map((line) => `  ${line}`)];
  return [...lines, ...Object.values(goals).map((goal) => `  ${goalLine(goal, unit)}`), ''].join('\n');
}

/** One line per goal, for the end. */
export function overview(results: Readonly<Record<string, Result>>): string {
  const lines = Object.entries(results).flatMap(([id, { goals, unit }]) =>
    Object.values(goals).map((goal) => `  ${id.padEnd(14)}${goalLine(goal, unit)}`),
  );
  const met = Object.values(results).flatMap(({ goals }) => Object.values(goals).filter(({ reached }) => reached));
  return ['Goals', ...lines, `${met.length} of ${lines.length} reached`].join('\n');
}

/** In these a goal is a number of them; else it is a multiple. */
const absolute = ['KiB', 'bytes', 'ms', 'handles'];

function goalLine({ variant, against, atMost, value, reached, unit }: GoalRow, unitOfWorkload: string): string {
  const inUnit = unit ?? unitOfWorkload;
  const bar = absolute.includes(inUnit) ? `${atMost} ${inUnit}` : `${atMost} × ${against ?? 'floor'}`;
  const verdict = reached ? 'reached' : `short by ${Math.round((value / atMost - 1) * 100)} %`;
  return `${variant} ≤ ${bar}: ${verdict} (${formatted(value)})`;
}

function spread({ min, max }: Spread): string {
  return min === max ? '' : `${formatted(min)} to ${formatted(max)}`;
}

/** First column to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('   ')
      .trimEnd(),
  );
}
