const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = 86_400_000;
const YEAR = 365.2425 * DAY;

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const FIXED = /^[A-Za-z]{3}, (\d\d) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = /^[A-Za-z]{6,9}, (\d\d)-([A-Za-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = /^[A-Za-z]{3} ([A-Za-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * An HTTP-date (RFC 9110, 5.6.7) in milliseconds since the epoch, or null where it is none. All three forms; two
 * digits for a year mean one that is at most fifty years after `now`.
 */
export function parseHttpDate(text: string, now: number): number | null {
  const fixed = FIXED.exec(text);
  if (fixed !== null) return timeOf(fixed[3], fixed[2], fixed[1], fixed.slice(4));
  const short = RFC_850.exec(text);
  if (short !== null) return timeOf(fullYear(Number(short[3]), now), short[2], short[1], short.slice(4));
  const c = ASCTIME.exec(text);
  return c === null ? null : timeOf(c[6], c[1], c[2], c.slice(3, 6));
}

function fullYear(short: number, now: number): number {
  const year = 1970 + Math.floor(now / YEAR);
  const inThisCentury = year - (year % 100) + short;
  return inThisCentury > year + 50 ? inThisCentury - 100 : inThisCentury;
}

type Digits = string | number | undefined;

function timeOf(year: Digits, monthName: string | undefined, day: Digits, clock: readonly string[]): number | null {
  const month = MONTHS.indexOf(monthName ?? '');
  const [hours, minutes, seconds] = clock.map(Number) as [number, number, number];
  if (month < 0 || hours > 23 || minutes > 59 || seconds > 60) return null; // 60: a leap second
  const days = daysBefore(Number(year), month) + Number(day) - 1;
  const isInMonth = Number(day) >= 1 && days < daysBefore(Number(year), month + 1);
  return isInMonth ? days * DAY + ((hours * 60 + minutes) * 60 + seconds) * 1000 : null;
}

/** Days from the epoch to the first of a month, months counted from 0. */
function daysBefore(year: number, month: number): number {
  // Years begin in March here, so that the day a leap year has more is its last one.
  const shifted = year + Math.floor((month - 2) / 12);
  const months = (month + 10) % 12;
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return 365 * shifted + leapDays + Math.floor((153 * months + 2) / 5) - 719_468;
}
