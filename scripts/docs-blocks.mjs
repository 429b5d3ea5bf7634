// Every block of code in the documents is what it says: TypeScript and JavaScript compile against the packed typings, JSON is
// read, shell is parsed, and what is shown of a file is that file.
//
// An indented block is a shell's. A comment before a block is not seen by readers:
//     <!-- given: declare const worker: CallWorker; -->     what stands around the block
//     <!-- is: examples/plain/phone.js -->                  the file that the block shows

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import MarkdownIt from 'markdown-it';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const WORK = join(ROOT, 'target/docs-blocks');
const AT_ROOT = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'];
/** Blocks that other tests hold against their files, or that programs of their own would have to read. */
const TOLD_ELSEWHERE = ['rust', 'html', 'ini', 'mermaid'];

const problems = [];
const compiled = [];
let count = 0;
rmSync(WORK, { recursive: true, force: true });
for (const path of [...AT_ROOT, ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]) {
  for (const block of blocks(path)) {
    count++;
    const problem = wrong(block);
    if (problem) problems.push(`${path}:${block.line}: ${problem}`);
  }
}
problems.push(...compile());
for (const problem of problems) console.log(problem);
console.log(`${count} blocks of code, ${problems.length} wrong`);
process.exitCode = problems.length > 0 || count === 0 ? 1 : 0;

function blocks(path) {
  // A front matter is YAML between rules, which markdown would take for a heading.
  const text = readFileSync(join(ROOT, path), 'utf8').replace(/^---\n[^]*?\n---\n/, (matter) => matter.replace(/.*/g, ''));
  const tokens = new MarkdownIt({ html: true }).parse(text, {});
  return tokens.flatMap((token, index) => {
    if (token.type !== 'fence' && token.type !== 'code_block') return [];
    const [, key, value] = /^<!-- (\w+): (.*) -->\s*$/.exec(tokens[index - 1]?.type === 'html_block' ? tokens[index - 1].content : '') ?? [];
    const language = token.type === 'code_block' ? 'sh' : token.info;
    return [{ path, line: token.map[0] + 1, language, text: token.content, [key]: value }];
  });
}

/** What is wrong with a block, as far as that can be told by itself. */
function wrong({ path, line, language, text, given = '', is }) {
  // Who made the file tests it.
  if (is) return readFileSync(join(ROOT, is), 'utf8') === text ? undefined : `it is not ${is} any more`;
  if (TOLD_ELSEWHERE.includes(language) || language === 'text') return undefined;
  if (language === 'json') return unread(text);
  if (language === 'sh') {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
    return status === 0 ? undefined : stderr.trim();
  }
  if (language !== 'ts' && language !== 'js') return `nobody reads its language, ${language || 'none'}`;
  // A block that names its file lies where that would lie, so that what it imports from beside it is found. What is
  // given stands in its first line: the numbers of lines are the block's.
  const named = /^\/\/ (www\/\S+)\.js\n/.exec(text)?.[1] ?? `www/adapters/${`${path}-${line}`.replace(/\W/g, '-')}`;
  const file = join(WORK, `${named}.${given ? 'ts' : language}`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${given} ${text}\nexport {};\n`);
  compiled.push({ path, line, file });
  return undefined;
}

function unread(text) {
  try {
    JSON.parse(text.replaceAll('…', ''));
    return undefined;
  } catch (error) {
    return error.message;
  }
}

/** All of them at once, strictly but for types that JavaScript leaves out. */
function compile() {
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'scripts/types.tsconfig.json'), 'utf8'));
  const paths = Object.fromEntries(Object.entries(compilerOptions.paths).map(([name, list]) => [name, list.map((path) => join(ROOT, 'scripts', path))]));
  const project = join(WORK, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({
    compilerOptions: { ...compilerOptions, paths, allowJs: true, checkJs: true, noImplicitAny: false, rootDirs: [WORK, ROOT] },
    files: compiled.map(({ file }) => file),
  }));
  const { stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['--project', project, '--pretty', 'false'], { cwd: WORK, encoding: 'utf8' });
  return (stdout + stderr).split('\n').filter(Boolean).map((problem) => {
    const [, name, row, rest] = /^(\S+?)\((\d+),\d+\): (.*)/.exec(problem) ?? [];
    const block = compiled.find(({ file }) => name && file.endsWith(name));
    return block ? `${block.path}:${block.line + Number(row)}: ${rest}` : problem;
  });
}
