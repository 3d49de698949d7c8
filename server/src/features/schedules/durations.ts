import { valueError } from '../../errors.ts';

const DURATION = /^([+-])?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Seconds of an ISO 8601 duration, `P1DT2H3M4.5S`; a number is seconds already. @throws ApiError ValueError 400 */
export function parseDuration(text: string | number): number {
  if (typeof text === 'number') return text;
  const match = DURATION.exec(text);
  if (!match || text.endsWith('P') || text.endsWith('T')) throw valueError(`'${text}' is not a valid duration.`);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part) => Number(part ?? 0));
  const total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  return match[1] === '-' ? -total : total;
}

/** Seconds as an ISO 8601 duration, in the form that pydantic prints: only the parts that are not zero. */
export function formatDuration(total: number): string {
  const sign = total < 0 ? '-' : '';
  const whole = Math.abs(total);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3_600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  const seconds = Number((whole % 60).toFixed(6));
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`;
  if (!days && !time) return 'PT0S';
  return `${sign}P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}
