// Follows every link of the built site to its file and to its anchor. VitePress itself looks for pages only.

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/**
 * @param {string} site the folder that is served
 * @param {{ leaveOut: string[] }} options folders whose pages others have made: they are linked to, and not looked through
 */
export function brokenLinks(site, { leaveOut }) {
  const pages = readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html') && !leaveOut.includes(name.split('/')[0]));
  const texts = new Map(pages.map((name) => [name, readFileSync(join(site, name), 'utf8')]));
  const anchors = new Map([...texts].map(([name, text]) => [name, new Set([...text.matchAll(/ (?:id|name)="([^"]+)"/g)].map(([, id]) => id))]));
  const broken = [];
  let followed = 0;
  for (const [from, text] of texts) {
    const hrefs = new Set([...text.matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, href]) => href.replaceAll('&amp;', '&')));
    for (const href of hrefs) {
      if (/^(\w+:|\/\/)/.test(href)) continue;
      followed++;
      const url = new URL(href, `http://site/${from}`);
      const path = decodeURIComponent(url.pathname).slice(1);
      const file = [path, posix.join(path, 'index.html')].find((name) => existsSync(join(site, name)) && statSync(join(site, name)).isFile());
      const anchor = decodeURIComponent(url.hash.slice(1));
      if (!file) broken.push(`${from}: ${href} leads nowhere`);
      else if (anchor && anchors.has(file) && !anchors.get(file).has(anchor)) broken.push(`${from}: ${href} names no anchor of ${file}`);
    }
  }
  return { broken, followed };
}
