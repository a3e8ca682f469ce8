// node all.mjs: every test of the report's page, in one browser. tests/end_to_end/page_test.py makes the pages and runs it.
import { after, afterEach } from 'node:test';

import { browser, closeAll } from './browser.mjs';
import './sections.mjs';
import './figures.mjs';
import './decision.mjs';
import './use.mjs';
import './safety.mjs';
import './attention.mjs';

afterEach(closeAll);
after(() => browser.close());
