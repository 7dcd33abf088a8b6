/** `14:02` in the owner's zone. */
export function clockTime(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(at);
}

/** `2026-11-20 14:02` in the owner's zone. */
export function dayAndTime(at: number, timeZone: string): string {
  const date = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone }).format(at);
  return `${date} ${clockTime(at, timeZone)}`;
}

/** `Friday 2026-11-20 14:02 Europe/Berlin`: what the model is told with each message. */
export function fullTime(at: number, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone }).format(at);
  return `${day} ${dayAndTime(at, timeZone)} ${timeZone}`;
}

/** The last midnight in the owner's zone: a day's spend is counted from there. */
export function startOfDay(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((item) => item.type === type)?.value ?? 0);
  return at - ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1000 - (at % 1000);
}

/** `3.1 s`, `12 s`, `4 min`, `41 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** `40 s`, `6 min`, `3 h`, `90 days`: what is left of something. */
export function timeLeft(ms: number): string {
  const units = [
    ['days', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [name, size] = units.find(([, length]) => ms >= 2 * length) ?? ['s', 1_000];
  return `${Math.max(0, Math.round(ms / size))} ${name}`;
}
