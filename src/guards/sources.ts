/** What becomes of text that a source gives to the model. */
export interface Treatment {
  /** It stands inside the boundary for outside content and marks the turn as having read it. */
  readonly wrapped: boolean;
  /** It is looked through for hostile content. */
  readonly scanned: boolean;
}

const OUTSIDE: Treatment = { wrapped: true, scanned: true };
const OUTPUT: Treatment = { wrapped: false, scanned: true };
const OWN: Treatment = { wrapped: false, scanned: false };

/**
 * The one table of sources (GUARD-11), by tool. A tool that is not in it is both: somebody added it without saying what it
 * gives. What was made from outside content is both too, whoever gives it; its own failures are told in our words.
 */
export const SOURCES: Readonly<Record<string, Treatment>> = {
  http_request: OUTSIDE,
  fetch_page: OUTSIDE,
  web_search: OUTSIDE,
  run_command: OUTPUT,
  read_file: OWN,
  list_files: OWN,
  search_files: OWN,
  write_file: OWN,
  edit_file: OWN,
  send_file: OWN,
  ask_secret: OWN,
  list_secrets: OWN,
};
