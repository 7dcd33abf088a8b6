/**
 * Reads vitest's JSON report. `node scripts/report.mjs FILE EXIT_CODE` prints what CI ends with, `N passed, N failed`:
 * a step that failed outside a test counts as one failure, and so does each browser test that was left out.
 */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ status: string, fullName: string }} Assertion
 * @typedef {{ name: string, status: string, assertionResults: Assertion[] }} Suite
 */

/**
 * @param {string} file
 * @returns {{ passed: number, failed: number, leftOut: string[], browserLeftOut: string[] }}
 */
export function readReport(file) {
  /** @type {Suite[]} */
  const suites = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : [];
  const tests = suites.flatMap((suite) =>
    suite.assertionResults.map((test) => ({
      ...test,
      title: `${relative(process.cwd(), suite.name)} › ${test.fullName}`,
    })),
  );
  const leftOut = tests.filter((test) => !['passed', 'failed'].includes(test.status)).map((test) => test.title);
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    // A file that broke before its first test has no failed test, and is one failure.
    failed:
      tests.filter((test) => test.status === 'failed').length +
      suites.filter((suite) => suite.status === 'failed' && !suite.assertionResults.some((t) => t.status === 'failed'))
        .length,
    leftOut,
    browserLeftOut: leftOut.filter((title) => /browser|chromium/i.test(title)),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file = '', exitCode = '1'] = process.argv;
  const { passed, failed, browserLeftOut } = readReport(file);
  for (const title of browserLeftOut) console.log(`a browser test was left out: ${title}`);
  const other = exitCode !== '0' && failed === 0 ? 1 : 0;
  const failures = failed + browserLeftOut.length + other;
  console.log(`${passed} passed, ${failures} failed`);
  process.exitCode = failures > 0 ? 1 : 0;
}
