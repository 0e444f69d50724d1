// Prints jest's JSON report as one line, and fails when a test failed, was skipped or is still to be written.
//     node scripts/test-summary.mjs reports/jest.json
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));

// A file that does not even load has no failed test in it, and still is a failure.
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
const skipped = report.numPendingTests + report.numTodoTests;

console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = report.numPassedTests > 0 && failed === 0 && skipped === 0 ? 0 : 1;
