// What a bench is told on its command line. What can't be understood ends it, with what could be.

import { parseArgs } from 'node:util';

/**
 * Options by their defaults: a number takes a whole number from 0 on, a list the names that are there, divided by commas.
 * A number alone is the first one's.
 *
 * @param {string} name the bench
 * @param {Record<string, number | string[]>} defaults
 */
export function options(name, defaults, args = process.argv.slice(2)) {
  const fail = (why) => {
    console.error(`bench ${name}: ${why}; options: ${Object.keys(defaults).map((it) => `--${it}`).join(', ')}`);
    process.exit(2);
  };
  if (args.includes('--help')) {
    console.log(`bench ${name}, with its defaults:\n${Object.entries(defaults).map(([it, value]) => `  --${it} ${[value].flat().join(',')}`).join('\n')}`);
    process.exit(0);
  }
  if (/^\d+$/.test(args[0])) args = [`--${Object.keys(defaults)[0]}`, ...args];
  let values;
  try {
    ({ values } = parseArgs({ args, options: Object.fromEntries(Object.keys(defaults).map((it) => [it, { type: 'string' }])) }));
  } catch (error) {
    fail(error.message);
  }
  const given = { ...defaults };
  for (const [option, text] of Object.entries(values)) {
    if (Array.isArray(defaults[option])) {
      given[option] = text.split(',');
      const unknown = given[option].find((it) => !defaults[option].includes(it));
      if (unknown !== undefined) fail(`--${option} ${unknown}: there are ${defaults[option].join(', ')}`);
    } else {
      given[option] = Number(text);
      if (!/^\d+$/.test(text)) fail(`--${option} wants a whole number`);
    }
  }
  return given;
}
