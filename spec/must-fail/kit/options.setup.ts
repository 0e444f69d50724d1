import { afterEach, beforeEach, expect } from '@jest/globals';
import { leakCheck, matchers } from 'rxscope/testing/jest';

expect.extend(matchers);
leakCheck({ stacks: true, releases: true, settleTimeout: 20, hooks: { beforeEach, afterEach } });
