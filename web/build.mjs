// Bundles the report's page and writes it as a C++ source:
//   node build.mjs OUTPUT.cpp [FOLDER-OF-node_modules]
// The packages may stand in the build folder, so that nothing is written beside the sources.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [output, packages = join(here, 'node_modules')] = process.argv.slice(2);
if (output === undefined) {
  throw new Error('usage: node build.mjs OUTPUT.cpp [FOLDER-OF-node_modules]');
}
const esbuild = createRequire(join(resolve(packages), 'any.js'))('esbuild');

async function bundle(entry) {
  const result = await esbuild.build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: 'es2021',
    charset: 'ascii',
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    nodePaths: [resolve(packages)],
    logLevel: 'warning',
  });
  return result.outputFiles[0].text.trim();
}

// The licences of what the script is made of travel with it, in each report.
function licences() {
  const text = (file) => readFileSync(join(resolve(packages), file), 'utf8').trim();
  const version = JSON.parse(text('echarts/package.json')).version;
  return [
    `Apache ECharts ${version}, under the Apache License 2.0 (www.apache.org/licenses/LICENSE-2.0).`,
    text('echarts/NOTICE'),
    'It embeds parts of d3.js:',
    text('echarts/licenses/LICENSE-d3'),
    'and of zrender:',
    text('zrender/LICENSE'),
  ].join('\n\n').replace(/\*\//g, '* /');
}

// The browser compares the hash of what stands between the tags with the page's Content-Security-Policy.
const hash = (text) => 'sha256-' + createHash('sha256').update(text, 'utf8').digest('base64');

function literals(text) {
  const lines = [];
  for (let start = 0; start < text.length; start += 4096) {
    const escaped = text
      .slice(start, start + 4096)
      .replace(/[\\"?]/g, '\\$&')
      .replace(/\n/g, '\\n')
      .replace(/\r/g, '\\r')
      .replace(/\t/g, '\\t')
      .replace(/[^\x20-\x7e]/g, (character) => '\\' + character.charCodeAt(0).toString(8).padStart(3, '0'));
    lines.push(`    "${escaped}"sv,`);
  }
  return lines.join('\n');
}

function check(name, text) {
  if (/[^\x00-\x7f]/.test(text)) {
    throw new Error(`${name} holds a character that is not ASCII`);
  }
  if (/<\/(script|style)|<!--/i.test(text)) {
    throw new Error(`${name} would end its own tag`);
  }
  return text;
}

const script = check('the script', `/*\n${licences()}\n*/\n${await bundle('src/main.ts')}`);
const style = check('the style sheet', await bundle('src/style.css'));
writeFileSync(
  output,
  `// Written by web/build.mjs.
#include <string_view>

#include "niwaki/report/page_bundle.hpp"

namespace niwaki {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kScript[] = {
${literals(script)}
};

constexpr std::string_view kStyle[] = {
${literals(style)}
};

}  // namespace

PageBundle page_bundle() {
  return {kScript, "${hash(script)}", kStyle, "${hash(style)}"};
}

}  // namespace niwaki
`,
);
