/**
 * A command under way, as it is remembered durably: enough to find its process group after a crash of the gateway
 * and to be sure that it is still the same one.
 */
export interface ProcessRecord {
  readonly callId: string;
  /** Process group id, equal to the leader's process id. */
  readonly pgid: number;
  /** Field 22 of /proc/PID/stat of the leader: clock ticks after boot. */
  readonly startTime: string;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
}

/** Where the command runner writes those records; the store implements it. */
export interface ProcessRows {
  started(record: ProcessRecord): void;
  ended(callId: string): void;
  /** Those that never got an end. */
  open(): readonly ProcessRecord[];
}
