// A Mac's bash is 3.2, and its tools are BSD's: what they lack is found here, before a Mac finds it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const ROOT = new URL('../../', import.meta.url);
const SCRIPTS = ['build.sh', '.ci/run', ...readdirSync(new URL('scripts', ROOT)).filter((name) => name.endsWith('.sh')).map((name) => `scripts/${name}`)];

/** What it is, an example that must be found, and the word why. */
const LACKING = [
  [/\b(mapfile|readarray)\b/, 'mapfile -t a', 'bash 4: while read'],
  [/\b(declare|local|typeset) -\w*[An]\b/, 'declare -A map', 'bash 4 has maps, 4.3 references: a table by awk, or a case'],
  [/\$\{\w+(\[[^\]]*\])?(,,?|\^\^?|@)[^}]*\}/, 'echo ${x,,}', 'bash 4 and 5: tr'],
  [/&>>/, 'a &>>log', 'bash 4: >>log 2>&1'],
  [/\|&/, 'a |& b', 'bash 4: 2>&1 |'],
  [/\bwait -n\b/, 'wait -n', 'bash 4.3: wait for each'],
  [/\bcoproc\b/, 'coproc x', 'bash 4'],
  [/\[\[? -v /, '[ -v x ]', 'bash 4.2: [ -n "${x:-}" ]'],
  [/%\(.*\)T/, "printf '%(%F)T'", 'bash 4.2: date'],
  [/\bshopt -s (globstar|lastpipe)\b/, 'shopt -s globstar', 'bash 4'],
  [/\b(BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM)\b/, '$BASHPID', 'bash 4 and 5'],
  [/(^|[\s;&|(!])g?timeout\s+(-|\d|")/, 'x && timeout 120 y', 'coreutils: within of scripts/lib.sh'],
  [/\bsed (-\w+ )*-\w*i/, 'sed -i s/a/b/ f', 'BSD wants a suffix: write a new file and move it'],
  [/\bsed [^$']*'[^']*\\x[0-9a-f]/, "sed 's/\\x1b//'", "BSD's has no \\x: $'…', in which the shell says it"],
  [/\bsed (-\w+ )*-\w*r/, 'sed -r x', "BSD's older ones: -E"],
  [/\bgrep -\w*P/, 'grep -oP x', "BSD's has none: sed, or awk"],
  [/\bsort .*(-\w*V|--version-sort)/, 'sort -V', "older Macs' has none: at_least of scripts/lib.sh, or -k"],
  [/\breadlink -\w*f|\brealpath\b/, 'readlink -f x', 'older Macs have none: cd … && pwd -P'],
  [/\bfind .*-(printf|regextype)\b/, 'find . -printf x', "BSD's has none"],
  [/\bhead -n -|\bxargs -\w*d|\bstat -c|\bdate -d|\bmktemp --|\bcp --|\bln --|\bnproc\b/, 'head -n -1', 'GNU only'],
];

const code = (text) => text.split('\n').map((line) => line.replace(/(^|\s)#.*/, ''));

/** Names of arrays that begin empty: in 3.2 `"${name[@]}"` of an empty one is an unset variable's. */
const emptyArrays = (lines) => new Set(lines.flatMap((line) => [...line.matchAll(/\b(\w+)=\(\)/g)].map(([, name]) => name)));

test('each of the patterns finds what it is for', () => {
  for (const [pattern, example, why] of LACKING) assert.match(example, pattern, why);
});

for (const script of SCRIPTS) {
  test(`${script} uses nothing that a Mac lacks`, () => {
    const found = code(readFileSync(new URL(script, ROOT), 'utf8')).flatMap((line, index) =>
      LACKING.filter(([pattern]) => pattern.test(line)).map(([, , why]) => `${script}:${index + 1}: ${line.trim()} (${why})`),
    );
    assert.deepEqual(found, []);
  });

  test(`${script} asks an array that may be empty how long it is`, () => {
    const lines = code(readFileSync(new URL(script, ROOT), 'utf8'));
    for (const name of emptyArrays(lines)) {
      const asked = lines.some((line) => line.includes(`\${#${name}[@]}`));
      const used = lines.findIndex((line) => line.includes(`"\${${name}[@]}"`));
      assert.ok(used < 0 || asked, `${script}:${used + 1}: bash 3.2 takes an empty array for an unset variable`);
    }
  });
}
